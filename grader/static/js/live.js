// The result page while its submission waits and runs: whenever the server says that something changed, the part of
// the page that changes is fetched again, ready-made. The news come by EventSource; where no stream can be had
// (the server limits how many are open), the page asks every two seconds.

const region = document.querySelector("[data-live]");
const POLL_MS = 2000;

let isBusy = false;
let isStale = false;
let timer = 0;
let stream = null;

function isFinished() {
  return region.dataset.finished === "yes";
}

function hideReloadHint() {
  for (const hint of region.querySelectorAll("[data-without-script]")) hint.hidden = true;
}

async function refresh() {
  if (isFinished()) return;
  if (isBusy) {
    isStale = true; // more news came while the last were fetched: once more afterwards
    return;
  }
  isBusy = true;
  try {
    const answer = await fetch(region.dataset.live, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (answer.ok && !answer.redirected) {
      const html = await answer.text();
      if (html !== region.dataset.shown) {
        region.innerHTML = html; // rendered and escaped by our own templates
        region.dataset.shown = html;
        hideReloadHint();
      }
      if (answer.headers.get("X-Submission-Finished") === "yes") finish();
    }
  } catch {
    // The network is away for a moment; the next event or poll tries again.
  } finally {
    isBusy = false;
  }
  if (isStale) {
    isStale = false;
    refresh();
  }
}

function finish() {
  region.dataset.finished = "yes";
  stream?.close();
  clearInterval(timer);
}

function poll() {
  if (!timer && !isFinished()) timer = setInterval(refresh, POLL_MS);
}

function listen() {
  if (!("EventSource" in window)) return poll();
  stream = new EventSource(region.dataset.events);
  for (const name of ["queued", "running", "check", "graded", "failed"]) stream.addEventListener(name, refresh);
  stream.addEventListener("error", () => {
    // CONNECTING: the browser tries again by itself. CLOSED: the server gives no stream now.
    if (stream.readyState === EventSource.CLOSED) poll();
  });
}

if (region && !isFinished()) {
  hideReloadHint();
  listen();
  refresh(); // it may have finished between the page and the stream
  setInterval(refresh, 10000); // a stream that fell silent is noticed
}
