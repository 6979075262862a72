// `npm run apply:examples [-- NAME ...]`: with the real google provider, against a stand-in for Google's APIs on loopback, each
// example below infra/ is applied, planned again, changed and destroyed, all at once; a line for each step.
import { loadTypeScript } from './load.mjs';

const { liveThroughAll } = await loadTypeScript('test/terraform/main.ts');
const say = (line) => console.log(line);
if (!(await liveThroughAll(process.cwd(), process.argv.slice(2), say))) process.exitCode = 1;
