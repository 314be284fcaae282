/*
 * Files to the studio's folder of data sets, and the words in which a page speaks of them.
 */

/** Where a data set is looked at. */
export function viewAddress(source) {
  return `/data/view?${new URLSearchParams({ data: source })}`;
}

/** What fills a text in: `speak(texts, "make.count", { count: 3 })`. */
export function speak(texts, key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (whole, name) =>
    typeof values[name] === "number" ? values[name].toLocaleString("en-US") : values[name] ?? whole,
  );
}

/**
 * Make a data set of files.
 * @param {string} name of the data set; a free one like it is taken
 * @param {{path: string, blob: Blob}[]} files paths as `cats/1.png`
 * @param {function(number): void} onProgress told the share, 0 to 1
 * @returns {Promise<string>} its source
 * @throws {Error} with the studio's sentence; null without an answer
 */
export function sendFiles(name, files, onProgress = () => {}) {
  const form = new FormData();
  for (const { path, blob } of files) form.append("file", blob, path);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch says nothing of how far it is
    request.open("POST", `/data/upload?${new URLSearchParams({ name })}`);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onload = () => {
      const { source, error } = request.response ?? {};
      if (source === undefined) reject(new Error(error ?? null));
      else resolve(source);
    };
    request.onerror = () => reject(new Error(null));
    request.send(form);
  });
}
