// `npm run bench:terraform [-- CUSTOMERS]`: how long Terraform takes to plan and apply a deployment of 1,000 customers, with the
// real google provider and a stand-in for Google's APIs.
import { loadTypeScript } from './load.mjs';

const { measure } = await loadTypeScript('test/terraform/main.ts');
const customers = Number(process.argv[2] ?? 1000);
if (!(await measure(process.cwd(), customers, (line) => console.log(line)))) process.exitCode = 1;
