/* Keeps what was chosen in the frame: the language and the theme, in cookies for the next page. */

const YEAR_SECONDS = 365 * 24 * 3600;

/** Keep a choice for the pages that are asked for from now on. */
function keep(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR_SECONDS}; SameSite=Strict`;
}

globalThis.studioKeep = keep;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-language]");
  if (button === null || button.getAttribute("aria-pressed") === "true") return;
  keep("noonbit_language", button.dataset.language);
  location.reload();
});
