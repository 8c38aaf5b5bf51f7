import { defineConfig } from "vitest/config";

// Stable names and no source maps: the bundle is committed, and CI compares it byte for byte.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsDir: "assets",
    chunkSizeWarningLimit: 1000,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: {
        entryFileNames: "assets/page.js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
  test: { include: ["tests/**/*.test.ts"] },
});
