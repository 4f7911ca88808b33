import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin } from "vite";

/** What shrinks, and from how many bytes on a packet is saved. */
const SHRINKS = /\.(?:js|css|html|svg|json|webmanifest)$/;
const LEAST_BYTES = 1000;

/** Beside each file what brotli and gzip make of it, once: the gateway sends these as they are. */
function compressed(): Plugin {
  let folder = "";
  return {
    name: "compressed",
    apply: "build",
    configResolved: (config) => void (folder = config.build.outDir),
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !SHRINKS.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const raw = readFileSync(path);
        if (raw.length < LEAST_BYTES) continue;
        writeFileSync(`${path}.gz`, gzipSync(raw, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } }));
      }
    },
  };
}

export default defineConfig({
  plugins: [vue(), compressed()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: { target: "es2022", chunkSizeWarningLimit: 900 },
  server: { proxy: { "/api": { target: process.env.BK_GATEWAY ?? "http://127.0.0.1:8080", ws: true } } },
});
