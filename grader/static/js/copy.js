// Copy buttons: `data-copy` copies the text of the `data-copy-source` beside it. Without JavaScript they stay hidden.

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const source = button.closest(".command").querySelector("[data-copy-source]");
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source); // refused: at least the text is selected
      button.textContent = "Press Ctrl-C";
    }
    setTimeout(() => (button.textContent = label), 2000);
  });
}
