// The hand-in form: drop files on it, see what was chosen, send it once. Without JavaScript it is a plain form.

function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`;
}

for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector('input[type="file"]');
  const list = zone.querySelector("[data-drop-files]");
  zone.querySelector("[data-drop-hint]").hidden = false;

  const show = () => {
    list.replaceChildren(
      ...Array.from(input.files, (file) => {
        const item = document.createElement("li");
        const name = document.createElement("span");
        name.className = "mono";
        name.textContent = file.name;
        const bytes = document.createElement("span");
        bytes.className = "muted";
        bytes.textContent = size(file.size);
        item.append(name, bytes);
        return item;
      }),
    );
  };
  input.addEventListener("change", show);

  let depth = 0; // dragenter and dragleave also fire for the elements inside
  const over = (on) => zone.classList.toggle("drop--over", on);
  zone.addEventListener("dragenter", (event) => {
    event.preventDefault();
    depth += 1;
    over(true);
  });
  zone.addEventListener("dragleave", () => {
    depth -= 1;
    if (depth <= 0) over(false);
  });
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    over(false);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    show();
  });
  show(); // a page from the history may come back with files chosen
}

// A file dropped beside the zone would replace the page and lose what was typed.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());

for (const form of document.querySelectorAll("[data-submit-once]")) {
  const button = form.querySelector('button[type="submit"]');
  form.addEventListener("submit", (event) => {
    if (button.getAttribute("aria-disabled") === "true") event.preventDefault();
    else button.setAttribute("aria-disabled", "true");
  });
  addEventListener("pageshow", () => button?.removeAttribute("aria-disabled"));
}

document.querySelector("[data-focus]")?.focus();
