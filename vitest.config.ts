import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["{core,adapters,conformance,docs}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**"],
    environment: "node",
    // Only against hanging: how fast a machine is, and how busy, decides nothing.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    allowOnly: false,
    coverage: {
      provider: "v8",
      include: ["core/**/*.ts", "adapters/**/*.ts", "conformance/**/*.ts"],
      // These run on their own runtimes, under the conformance suite.
      exclude: [
        "**/*.test.ts",
        "adapters/{deno,bun,cloudflare}*.ts",
        "conformance/{node,node24,bench,mutants,launchers,soak}/**",
      ],
      // No branch of the core is without a test of its own.
      thresholds: { "core/**/*.ts": { branches: 100 } },
    },
  },
});

export default config;
