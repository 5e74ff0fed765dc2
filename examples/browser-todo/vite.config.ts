import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig, type UserConfig } from 'vite'

const config: UserConfig = defineConfig({
  root: import.meta.dirname,
  // `eventfold` means the source in this repository; elsewhere leave these lines out.
  resolve: { conditions: ['eventfold-source', ...defaultClientConditions] },
  plugins: [react()],
  build: { target: 'es2022', outDir: '../../node_modules/.cache/browser-todo', emptyOutDir: true },
})

export default config
