declare module "worker:text" {
  /** The bundled text of worker.ts (scripts/build.mjs puts it in). */
  const text: string;
  export default text;
}
