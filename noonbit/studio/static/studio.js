/*
 * Keeps what was chosen in the frame, the language and the theme, in cookies for the next page; and
 * gives the exported page the height that it asks for.
 */

const YEAR_SECONDS = 365 * 24 * 3600;

/** Keep a choice for the pages that are asked for from now on. */
function keep(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR_SECONDS}; SameSite=Strict`;
}

/** Keep the theme, and hand it on to the exported page, which reads it from its address. */
function keepTheme(theme) {
  keep("noonbit_theme", theme);
  for (const frame of document.querySelectorAll("iframe.exported")) {
    const address = new URL(frame.src);
    const asked = new URLSearchParams(address.hash.slice(1));
    asked.set("theme", theme);
    address.hash = asked.toString();
    frame.src = address;
  }
}

const MOST_HEIGHT = 20000;

addEventListener("message", (event) => {
  const height = Math.ceil(event.data?.height) + 2; // the border
  for (const frame of document.querySelectorAll("iframe.exported")) {
    if (event.source === frame.contentWindow && height <= MOST_HEIGHT) frame.style.height = `${height}px`;
  }
});

globalThis.studioKeepTheme = keepTheme;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-language]");
  if (button === null || button.getAttribute("aria-pressed") === "true") return;
  keep("noonbit_language", button.dataset.language);
  location.reload();
});
