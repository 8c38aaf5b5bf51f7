import { defineConfig } from "vitest/config";

// The bundle is committed, and CI compares it with a fresh build: names follow from the content
// alone (so that a browser may keep a file for ever), and there are no source maps.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsDir: "assets",
    chunkSizeWarningLimit: 1000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        entryFileNames: "assets/page-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  test: { include: ["tests/**/*.test.ts"] },
});
