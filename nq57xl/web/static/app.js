// Copying a text, dropping files, going on when long work ends. Nothing here is needed to read or send a page.
"use strict";
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const before = button.textContent;
  button.textContent = "Đã chép";
  setTimeout(() => { button.textContent = before; }, 2000);
});
for (const area of document.querySelectorAll(".drop")) {
  const input = area.querySelector("input[type=file]");
  area.addEventListener("dragover", (event) => { event.preventDefault(); area.classList.add("over"); });
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("over");
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      input.form.requestSubmit();
    }
  });
}
for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => { if (!window.confirm(form.dataset.confirm)) event.preventDefault(); });
}
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
  });
}
document.body.addEventListener("htmx:sseMessage", (event) => {
  if (event.detail.type !== "het") return;
  const end = JSON.parse(event.detail.data);
  const page = document.getElementById("viec");
  if (end.state === "done" && end.to && page.dataset.stay !== "1") window.location.assign(end.to);
  else window.location.reload();
});
