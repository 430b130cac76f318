import { defineConfig, type Plugin } from "vite";

/**
 * The map's code and its style are named in the page's head: a browser asks for them along with the
 * page's own code, not after it has run.
 */
function fetchStageEarly(): Plugin {
  return {
    name: "fetch-stage-early",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        const names = Object.keys(bundle ?? {}).filter((name) => /^assets\/stage-[^/]+\.(js|css)$/.test(name));
        return names.map((name) => {
          const href = `./${name}`;
          const attrs = name.endsWith(".js") ? { rel: "modulepreload", href } : { rel: "preload", as: "style", href };
          return { tag: "link", attrs: { ...attrs, crossorigin: true }, injectTo: "head" as const };
        });
      },
    },
  };
}

/** Built with relative addresses, so that the page may lie behind any prefix. */
export default defineConfig({
  plugins: [fetchStageEarly()],
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the content security policy allows no data: but for pictures
    chunkSizeWarningLimit: 2000,
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" },
  },
  worker: { format: "es" },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8000", rewrite: (path) => path.slice(4) } } },
});
