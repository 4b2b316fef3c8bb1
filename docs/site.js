// What one reads first is open until somebody closes it. Behind a narrow window's menu, too.
const PARTS = [
  "Start here",
  "Build a protocol",
  "Keep it running",
  "Runtimes",
  "Coming from elsewhere",
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
