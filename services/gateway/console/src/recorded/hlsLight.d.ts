/** The smaller build of hls.js (no subtitles, no DRM) has the same types; its package does not say so. */
declare module "hls.js/light" {
  export * from "hls.js";
  export { default } from "hls.js";
}
