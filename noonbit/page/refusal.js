/**
 * A picture, sentence or position that cannot be brought to what the network takes.
 *
 * `reason` is a key of language.js, `details` are the words and numbers of its sentence.
 *
 * Of pictures:
 *   empty                the file has no bytes
 *   not_a_picture        no known beginning of a picture file
 *   format_not_read      {format}: a picture format that browsers do not read
 *   cut_off              {bytes}: the file ends before its last pixel
 *   cannot_be_decoded    {format}: the file is damaged, or of a kind this browser does not read
 *   too_many_pixels      {width, height, limit}
 *   other_depth          {highest, white}: levels above the training pictures' number of bits
 */
class InputRefused extends Error {
  /**
   * @param {string} reason
   * @param {Object<string, string|number>} [details]
   */
  constructor(reason, details = {}) {
    super(`${reason} ${JSON.stringify(details)}`);
    this.name = "InputRefused";
    this.reason = reason;
    this.details = details;
  }
}
