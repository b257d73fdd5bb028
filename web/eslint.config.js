import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/**
 * The floors, top to bottom: main > pages > flows > vault > seal, pdfkey, settings, api, ui. A folder imports only what stands below it;
 * the lowest five know nobody. The vaults' own workers alone may open `seal`, `pdfkey` and `settings`.
 * @param {string} folder
 * @param {string[]} allowed
 * @returns {import('eslint').Linter.Config}
 */
function floor(folder, allowed) {
  const folders = ['pages', 'flows', 'vault', 'seal', 'pdfkey', 'settings', 'api', 'ui', 'sw'].filter((name) => name !== folder && !allowed.includes(name));
  return {
    files: [`src/${folder}/**/*.{ts,svelte}`],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: [...folders.map((name) => `**/${name}/**`), '**/main.ts', '**/visit.ts', '**/handoff-entry.ts', '**/protected-entry.ts'], message: `${folder} may not import this (floors)` }] },
      ],
    },
  };
}

export default defineConfig(
  globalIgnores(['dist', 'node_modules', 'src/api/schema.ts']),
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  ts.configs.stylisticTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: [] }, extraFileExtensions: ['.svelte'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'no-undef': 'off', // TypeScript knows
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Code points are what is meant wherever a string is spread here.
      '@typescript-eslint/no-misused-spread': ['error', { allow: [{ from: 'lib', name: 'string' }, 'string'] }],
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      'max-lines': ['error', 600],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { projectService: true, extraFileExtensions: ['.svelte'], parser: ts.parser, svelteConfig } },
    rules: {
      'max-lines-per-function': 'off',
      'prefer-const': 'off', // $props() and $state() are assigned by the compiler
      'svelte/prefer-const': ['error', { excludedRunes: ['$props', '$derived'] }],
      'svelte/no-at-html-tags': 'error',
      'svelte/no-inline-styles': ['error', { allowTransitions: false }],
      'svelte/no-navigation-without-resolve': 'off', // no SvelteKit here
      // Here the types of callback properties are unknown to ESLint; svelte-check knows and checks them.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  // Their maps and sets are bookkeeping that no page reads.
  { files: ['src/flows/*.svelte.ts'], rules: { 'svelte/prefer-svelte-reactivity': 'off' } },
  { files: ['src/ui/texts/*.ts', 'gallery/**', 'test/**', 'e2e/**', 'bench/**'], rules: { 'max-lines-per-function': 'off', 'max-lines': 'off' } },
  { files: ['**/*.js'], extends: [ts.configs.disableTypeChecked] },
  floor('ui', []),
  floor('seal', []),
  floor('pdfkey', []),
  floor('settings', []),
  floor('api', []),
  floor('sw', []),
  floor('vault', ['seal', 'pdfkey', 'settings', 'api']),
  floor('flows', ['vault', 'api', 'ui']),
  floor('pages', ['flows', 'api', 'ui']),
);
