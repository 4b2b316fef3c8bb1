// The first level of the sidebar is open until somebody closes it.
const PARTS = [
  "Start",
  "The engine",
  "Runtimes",
  "Keeping it running",
  "Background",
  "API",
];
try {
  for (const part of PARTS) {
    const key = `tsd-accordion-${part}`;
    if (localStorage.getItem(key) === null) localStorage.setItem(key, "true");
  }
} catch {
  // Without storage it stays closed.
}
