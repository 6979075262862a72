/* For `node --require`: a function's process loads it before the framework. */
import { listenOnLoopback } from './loopback';

listenOnLoopback(process);
