/** A phone's photo made small before it is sent: upright, at most 1600 px, without place and camera in it. */

const SIDE_MAX = 1600;
const QUALITY = 0.82;

/** This browser cannot read it. */
export class NoPhoto extends Error {}

export function fitted(width: number, height: number, sideMax: number): { width: number; height: number } {
  const scale = Math.min(1, sideMax / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

export async function shrunk(file: Blob): Promise<Blob> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new NoPhoto(file.type);
  }
  const canvas = document.createElement("canvas");
  Object.assign(canvas, fitted(picture.width, picture.height, SIDE_MAX));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const jpeg = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (jpeg === null) throw new NoPhoto(file.type);
  return jpeg;
}
