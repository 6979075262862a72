import { InvalidRulesError, parseRules } from '../kinds/rules';
import { ruleLines } from '../../test/support/rule-lines';

/**
 * Which files are refused, and for which rules: a file on each line, as `problems | targets | rules`. What looks for conflicts and
 * cycles may be replaced by anything that agrees with this.
 */
const CORPUS = `
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme; r1: gcr.io/two -> acme
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: [api]; r1: gcr.io/two -> acme, images: [api]
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: [api]; r1: gcr.io/two -> acme, images: ["a*"]
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: ["api-*"]; r1: gcr.io/two -> acme, images: ["*-server"]
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: ["v[0-4]"]; r1: gcr.io/two -> acme, images: ["v[3-9]"]
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: ["workers/**"]; r1: gcr.io/two -> acme, images: ["**/x", y]
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: ["{a,b}-{c,d}"]; r1: gcr.io/two -> acme, images: ["b-?"]
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: [api], as: "app:{tag}"; r1: gcr.io/two -> acme, images: [app]
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/vendor -> acme, images: [api], as: "app:{tag}"; r1: gcr.io/vendor -> acme, images: [web], as: "app:{tag}"
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, as: "x/{image}:{tag}"; r1: gcr.io/two -> acme, images: ["x/*"]
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, as: "{image}-slim:{tag}"; r1: gcr.io/two -> acme, images: ["*-slim"]
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/vendor -> acme; r1: gcr.io/vendor/team -> acme
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: [a], as: "{image}:x-{tag}", tags: { include: ["1-y"] }; r1: gcr.io/two -> acme, images: [a], as: "{image}:{tag}-y", tags: { include: ["x-*"] }
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: [a], as: "{image}:v1-x", tags: { include: [stable] }; r1: gcr.io/two -> acme, images: [a], as: "{image}:v{tag}-x", tags: { include: ["1", "2"] }
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/vendor -> acme, as: "{image}:v{tag}"; r1: gcr.io/vendor -> acme, as: "{image}:{tag}"
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/vendor -> acme, tags: { include: [stable] }, as: "{image}:latest"; r1: gcr.io/vendor -> acme, tags: { include: [latest] }
conflict r1 | a=eu.gcr.io/x b=eu.gcr.io/x | r0: gcr.io/one -> a; r1: gcr.io/two -> b
conflict r1 | a=eu.gcr.io/x b=eu.gcr.io/x/y | r0: gcr.io/one -> a, images: [y/c]; r1: gcr.io/two -> b, images: [c]
conflict r1 | solo=eu.gcr.io/solo a=eu.gcr.io/x b=eu.gcr.io/x/y | r0: gcr.io/one -> solo+a, images: [y/c]; r1: gcr.io/two -> b, images: [c]
conflict r1 | a=eu.gcr.io/x b=eu.gcr.io/x/y | r0: gcr.io/one -> b, images: [c]; r1: gcr.io/two -> a, images: [y/c]
conflict r0 | a=eu.gcr.io/x b=eu.gcr.io/x/y | r0: gcr.io/vendor -> a+b
conflict r1 | a=eu.gcr.io/x b=eu.gcr.io/x/y | r0: gcr.io/one -> a, images: [y]; r1: gcr.io/two -> b
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, tags: { semver: ">=1.4.0 <2" }; r1: gcr.io/two -> acme, tags: { semver: "1.9 - 3" }
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, tags: { semver: ">=1.4.0 <3" }; r1: gcr.io/two -> acme, tags: { include: ["v2.*"] }
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, tags: { semver: "<3" }; r1: gcr.io/two -> acme, tags: { include: [v1.2.3-rc.1, "2.7.1"] }
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, tags: { semver: ">=2.0.0-beta.1 <2.0.0" }; r1: gcr.io/two -> acme, tags: { semver: "2.0.0-beta.3" }
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, tags: { semver: "*" }; r1: gcr.io/two -> acme
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, tags: { exclude: [x, "0"] }; r1: gcr.io/two -> acme
none | acme=eu.gcr.io/acme | r0: gcr.io/vendor -> acme; r1: gcr.io/vendor -> acme, tags: { include: ["v*"] }
none | a=eu.gcr.io/a b=eu.gcr.io/b | r0: gcr.io/one -> a; r1: gcr.io/two -> b
none | a=eu.gcr.io/a b=us.gcr.io/a | r0: gcr.io/one -> a; r1: gcr.io/two -> b
none | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: [api]; r1: gcr.io/two -> acme, images: [web, "api-*"]
none | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: ["*"]; r1: gcr.io/two -> acme, images: ["*/*"]
none | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, as: "one/{image}:{tag}"; r1: gcr.io/two -> acme, as: "two/{image}:{tag}"
none | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, tags: { include: ["v1*"] }; r1: gcr.io/two -> acme, tags: { include: ["v2*"] }
none | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, tags: { semver: "<2" }; r1: gcr.io/two -> acme, tags: { semver: ">=2" }
none | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, tags: { exclude: ["v*"] }; r1: gcr.io/two -> acme, tags: { include: ["v*"] }
none | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, tags: { semver: "<2" }; r1: gcr.io/two -> acme, tags: { include: ["1.0.0-rc*"] }
none | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: ["a_*"]; r1: gcr.io/two -> acme, images: ["a?-*"]
none | acme=eu.gcr.io/acme | r0: gcr.io/vendor -> acme, images: [api], as: "app:{tag}"; r1: gcr.io/vendor -> acme, images: [api], as: "app:{tag}"
conflict r1 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme, images: [api]; r1: gcr.io/two -> acme
conflict r0 | a=eu.gcr.io/x b=eu.gcr.io/x/y | r0: gcr.io/vendor -> a+b, images: [y/z, z]
conflict r1 | acme=gs://acme/in | r0: gs://one -> acme, objects: ["a/*"]; r1: gs://two/x -> acme, objects: [a/b]
conflict r1 & conflict r2 | a=eu.gcr.io/x b=eu.gcr.io/x | r0: gcr.io/one -> a, images: ["?a"]; r1: gcr.io/two -> b; r2: gcr.io/three -> a, images: ["?b"]
conflict r1 & conflict r2 | acme=eu.gcr.io/acme | r0: gcr.io/one -> acme; r1: gcr.io/two -> acme; r2: gcr.io/three -> acme
conflict r2 | one=eu.gcr.io/c two=eu.gcr.io/c | r0: gcr.io/v -> two, images: ["a/**", "**/b"], tags: {  }, as: "{image}:v{tag}"; r1: gcr.io/w -> two, images: ["a*"], tags: {  }, as: "{image}b:{tag}"; r2: gcr.io/w -> one+two, images: ["{a,b}/a"], tags: {  }, as: "{image}:{tag}"
conflict r1 & conflict r2 | one=eu.gcr.io/c two=eu.gcr.io/c | r0: gcr.io/w -> one, images: ["*/b", "a?"], tags: {  }, as: "{image}b:{tag}"; r1: gcr.io/v -> one+two, images: ["a/**"], tags: { include: [v1.0.0, "1.?.0"] }, as: "{image}:v{tag}"; r2: gcr.io/v -> one, images: ["*b"], tags: {  }, as: "{image}:{tag}"
conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/c | r0: gcr.io/v -> two, images: ["**/b", "[ab]"], tags: { include: [v1.0.0] }, as: "{image}b:{tag}"; r1: gcr.io/w -> one+two, images: ["a/**"], tags: { include: ["v*"] }, as: "{image}:{tag}"
conflict r0 & conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/c/a | r0: gcr.io/w -> one+two, images: ["a/**"], tags: { semver: "1.0.0 || 3" }, as: "{image}b:{tag}"; r1: gcr.io/v -> two, images: ["a/**", "*/b"], tags: { include: ["*", x], exclude: ["v*", "1*"] }, as: "{image}:v{tag}"
conflict r1 | two=eu.gcr.io/c/a | r0: gcr.io/w -> two, images: ["**/b"], tags: { include: ["v*", "{x,v2.0.0}"] }, as: "{image}b:{tag}"; r1: gcr.io/v -> two, images: ["*b"], tags: {  }, as: "{image}:{tag}"
conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/d | r0: gcr.io/v -> one, images: [a], tags: { include: ["*0"] }, as: "{image}b:{tag}"; r1: gcr.io/v -> one+two, images: ["**", "[ab]"], tags: {  }, as: "{image}:{tag}"
conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/c/a | r0: gcr.io/v -> two, images: ["a?"], tags: {  }, as: "{image}:{tag}"; r1: gcr.io/v/a -> one+two, images: [a, "**/b"], tags: { include: ["1.?.0", "{x,v2.0.0}"] }, as: "a/{image}:{tag}"
conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/c/a | r0: gcr.io/v -> one+two, images: ["*b"], tags: {  }, as: "a/{image}:{tag}"; r1: gcr.io/v -> two, images: ["a?"], tags: { include: [x], exclude: ["v*", "1*"] }, as: "{image}:v{tag}"
conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/c/a | r0: gcr.io/v/a -> one, images: ["**", "[ab]"], tags: {  }, as: "a/{image}:{tag}"; r1: gcr.io/v -> two, images: ["**"], tags: { semver: ">=2" }, as: "a/{image}:{tag}"
conflict r1 & conflict r2 | one=eu.gcr.io/c two=eu.gcr.io/c/a | r0: gcr.io/v -> two, images: ["a/**", "a?"], tags: { include: ["v*", "{x,v2.0.0}"] }, as: "{image}:{tag}"; r1: gcr.io/w -> two, images: ["a*", "[ab]"], tags: { include: ["v*", "{x,v2.0.0}"] }, as: "{image}:v{tag}"; r2: gcr.io/w -> one+two, images: ["**/b", "[ab]"], tags: {  }, as: "a/{image}:{tag}"
conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/d | r0: gcr.io/w -> one+two, images: ["**"], tags: { semver: "1.0.0 || 3" }, as: "a/{image}:{tag}"; r1: gcr.io/w -> one+two, images: ["a/**", "{a,b}/a"], tags: { semver: "1.0.0 || 3" }, as: "{image}b:{tag}"
conflict r1 | two=eu.gcr.io/d | r0: gcr.io/v/a -> two, images: [a, "{a,b}/a"], tags: {  }, as: "a/{image}:{tag}"; r1: gcr.io/v -> two, images: ["[ab]"], tags: { include: [v1.0.0, "v*"] }, as: "a/{image}:{tag}"
conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/c | r0: gcr.io/v -> one+two, images: [a, "**"], tags: { include: ["{x,v2.0.0}"] }, as: "{image}:{tag}"; r1: gcr.io/v/a -> one+two, images: [a], tags: { include: ["v*"] }, as: "{image}b:{tag}"
conflict r1 & conflict r2 | one=eu.gcr.io/c two=eu.gcr.io/c/a | r0: gcr.io/w -> one, images: ["a*", "**"], tags: { include: [v1.0.0] }, as: "{image}b:{tag}"; r1: gcr.io/v/a -> one+two, images: ["**/b"], tags: { semver: "<2" }, as: "{image}b:{tag}"; r2: gcr.io/v/a -> two, images: [a], tags: {  }, as: "{image}b:{tag}"
conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/c/a | r0: gcr.io/v -> one+two, images: ["a?"], tags: { include: ["*0", "{x,v2.0.0}"] }, as: "{image}:v{tag}"; r1: gcr.io/v/a -> one, images: ["**", "{a,b}/a"], tags: {  }, as: "{image}:v{tag}"
conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/c | r0: gcr.io/v -> one+two, images: ["**/b"], tags: { semver: ">=2" }, as: "{image}:v{tag}"; r1: gcr.io/w -> two, images: ["*b"], tags: { semver: ">=2" }, as: "a/{image}:{tag}"
conflict r0 & conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/c/a | r0: gcr.io/v/a -> one+two, images: ["**/b", "*/b"], tags: {  }, as: "{image}:{tag}"; r1: gcr.io/v -> one, images: ["[ab]"], tags: { include: [v1.0.0] }, as: "{image}:{tag}"; r2: gcr.io/v/a -> one, images: ["a*", "a?"], tags: { semver: "<2" }, as: "a/{image}:{tag}"
conflict r2 | one=eu.gcr.io/c two=eu.gcr.io/d | r0: gcr.io/v/a -> one+two, images: ["{a,b}/a"], tags: { include: ["*", x], exclude: ["v*", "1*"] }, as: "{image}:{tag}"; r1: gcr.io/w -> two, images: ["a*", "*b"], tags: { semver: ">=2" }, as: "{image}b:{tag}"; r2: gcr.io/w -> two, images: ["a?"], tags: { semver: "1.0.0 || 3" }, as: "{image}:v{tag}"
conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/c/a | r0: gcr.io/v/a -> one+two, images: ["{a,b}/a"], tags: { semver: ">=2" }, as: "{image}:{tag}"; r1: gcr.io/v -> one+two, images: [a, "**"], tags: {  }, as: "{image}b:{tag}"
conflict r1 | one=eu.gcr.io/c two=eu.gcr.io/c | r0: gcr.io/w -> one+two, images: ["**", "*/b"], tags: { include: [x], exclude: ["v*", "1*"] }, as: "{image}:v{tag}"; r1: gcr.io/w -> one+two, images: ["a*", "a?"], tags: { include: ["*", x], exclude: ["1*"] }, as: "{image}b:{tag}"
conflict r1 | two=eu.gcr.io/d | r0: gcr.io/v -> two, images: ["*/b"], tags: { include: ["*", x], exclude: ["v*"] }, as: "{image}:{tag}"; r1: gcr.io/v/a -> two, images: ["**"], tags: {  }, as: "{image}:{tag}"
conflict r2 | one=eu.gcr.io/c two=eu.gcr.io/d | r0: gcr.io/v/a -> two, images: [a], tags: {  }, as: "{image}:v{tag}"; r1: gcr.io/v -> one, images: ["**/b", "[ab]"], tags: { semver: "1.0.0 || 3" }, as: "{image}:{tag}"; r2: gcr.io/w -> one+two, images: ["*b", "a?"], tags: { semver: "<2" }, as: "{image}:{tag}"
none | acme=us-kfp.pkg.dev/acme/pipelines acme=gs://acme/in | pipelines: us-kfp.pkg.dev/vendor/pipelines -> acme, tags: { include: ["v*"] }; any: us-kfp.pkg.dev/vendor/others -> acme, templates: ["**"], tags: { include: [other] }; models: gs://vendor/released -> acme
none | acme=gs://acme globex=gs://globex | all: gs://vendor -> acme; deep: gs://vendor/gcloud -> globex
inside all | all=gs://vvv/r/acme | a: gs://vvv/r -> all
cycle | all=gs://vvv | a: gs://vvv/r -> all
inside all | all=us-kfp.pkg.dev/v/r | a: us-kfp.pkg.dev/v/r -> all
conflict b | all=gcr.io/acme all=us-kfp.pkg.dev/acme/r all=gs://acme/in | a: gs://one -> all, objects: ["*.bin"]; b: gs://two/x -> all
conflict b | all=gcr.io/acme all=us-kfp.pkg.dev/acme/r all=gs://acme/in | a: gs://one -> all, objects: ["a_"]; b: gs://two -> all, objects: ["?_"]
conflict b | all=gcr.io/acme all=us-kfp.pkg.dev/acme/r all=gs://acme/in | a: us-kfp.pkg.dev/v/one -> all, templates: [train]; b: us-kfp.pkg.dev/v/two -> all, tags: { include: ["v*"] }
none | all=gcr.io/acme all=us-kfp.pkg.dev/acme/r all=gs://acme/in | a: gs://one -> all, objects: ["*.bin"]; b: gs://two -> all, objects: ["*.txt"]
none | all=gcr.io/acme all=us-kfp.pkg.dev/acme/r all=gs://acme/in | a: gs://one -> all, objects: ["*"]; b: gs://two -> all, as: "two/{object}"
none | all=gcr.io/acme all=us-kfp.pkg.dev/acme/r all=gs://acme/in | a: gcr.io/v -> all; b: gs://two -> all
none | all=gcr.io/acme all=us-kfp.pkg.dev/acme/r all=gs://acme/in | a: us-kfp.pkg.dev/v/one -> all, templates: [a]; b: us-kfp.pkg.dev/v/two -> all, templates: [b]
none | acme=eu.gcr.io/acme globex=eu.gcr.io/globex | first: gcr.io/vendor -> acme; second: gcr.io/vendor -> acme+globex
none | a=eu.gcr.io/a b=eu.gcr.io/b | one: gcr.io/v -> a, tags: { include: [x] }; two: gcr.io/v -> a+b, tags: { include: [y] }; three: gcr.io/v/w -> b+a, as: "w/{image}:{tag}"
none | eu=europe-docker.pkg.dev/v/hub acme=gcr.io/acme/in | a: us-docker.pkg.dev/v/releases -> eu; b: europe-docker.pkg.dev/v/hub -> acme
none | eu=europe-docker.pkg.dev/v/hub asia=asia-docker.pkg.dev/v/hub acme=gcr.io/acme/in | a: us-docker.pkg.dev/v/releases -> eu; b: europe-docker.pkg.dev/v/hub -> asia; c: asia-docker.pkg.dev/v/hub -> acme
none | eu=europe-docker.pkg.dev/v/hub asia=asia-docker.pkg.dev/v/hub acme=gcr.io/acme/in | b: europe-docker.pkg.dev/v/hub -> asia; a: us-docker.pkg.dev/v/releases -> eu; d: us-docker.pkg.dev/v/releases -> acme, as: "direct/{image}:{tag}"
none | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub | a: us-docker.pkg.dev/v/releases -> eu, images: [api]; b: europe-docker.pkg.dev/v/hub -> us, images: [web]
none | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub | a: us-docker.pkg.dev/v/releases -> eu, as: "from-us/{image}:{tag}"; b: europe-docker.pkg.dev/v/hub/own -> us
none | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub | a: us-docker.pkg.dev/v/releases -> eu, images: [api], as: "api-eu:{tag}"; b: europe-docker.pkg.dev/v/hub -> us, images: [api]
cycle | us=us-docker.pkg.dev/v/releases hub=gcr.io/v | out: us-docker.pkg.dev/v/releases -> hub; back: us-docker.pkg.dev/v/gcr.io -> us
inside hub | hub=gcr.io/v | itself: us-docker.pkg.dev/v/gcr.io -> hub
cycle | us=us-docker.pkg.dev/v/releases hub=us-docker.pkg.dev/v/gcr.io | out: us-docker.pkg.dev/v/releases -> hub; back: gcr.io/v -> us
inside hub | hub=us-docker.pkg.dev/v/gcr.io | itself: gcr.io/v -> hub
cycle | us=us-docker.pkg.dev/v/releases hub=eu.gcr.io/example.com/v/hub | out: us-docker.pkg.dev/v/releases -> hub; back: europe-docker.pkg.dev/example.com/v/eu.gcr.io/hub -> us
inside hub | hub=eu.gcr.io/example.com/v/hub | itself: europe-docker.pkg.dev/example.com/v/eu.gcr.io/hub -> hub
cycle | us=us-docker.pkg.dev/v/releases hub=europe-docker.pkg.dev/example.com/v/eu.gcr.io/hub | out: us-docker.pkg.dev/v/releases -> hub; back: eu.gcr.io/example.com/v/hub -> us
inside hub | hub=europe-docker.pkg.dev/example.com/v/eu.gcr.io/hub | itself: eu.gcr.io/example.com/v/hub -> hub
cycle | us=us-docker.pkg.dev/v/releases hub=docker.io/v/hub | out: us-docker.pkg.dev/v/releases -> hub; back: registry-1.docker.io/v/hub -> us
inside hub | hub=docker.io/v/hub | itself: registry-1.docker.io/v/hub -> hub
cycle | us=us-docker.pkg.dev/v/releases hub=registry-1.docker.io/v/hub | out: us-docker.pkg.dev/v/releases -> hub; back: docker.io/v/hub -> us
inside hub | hub=registry-1.docker.io/v/hub | itself: docker.io/v/hub -> hub
cycle | us=us-docker.pkg.dev/v/releases hub=index.docker.io/v/hub | out: us-docker.pkg.dev/v/releases -> hub; back: docker.io:443/v/hub -> us
inside hub | hub=index.docker.io/v/hub | itself: docker.io:443/v/hub -> hub
cycle | us=us-docker.pkg.dev/v/releases hub=docker.io:443/v/hub | out: us-docker.pkg.dev/v/releases -> hub; back: index.docker.io/v/hub -> us
inside hub | hub=docker.io:443/v/hub | itself: index.docker.io/v/hub -> hub
cycle | us=us-docker.pkg.dev/v/releases hub=registry.example.com/v | out: us-docker.pkg.dev/v/releases -> hub; back: registry.example.com:443/v -> us
inside hub | hub=registry.example.com/v | itself: registry.example.com:443/v -> hub
cycle | us=us-docker.pkg.dev/v/releases hub=registry.example.com:443/v | out: us-docker.pkg.dev/v/releases -> hub; back: registry.example.com/v -> us
inside hub | hub=registry.example.com:443/v | itself: registry.example.com/v -> hub
none | us=us-docker.pkg.dev/v/releases hub=registry.example.com:5000/v | out: us-docker.pkg.dev/v/releases -> hub; back: registry.example.com/v -> us
none | us=us-docker.pkg.dev/v/releases hub=gcr.io/v | out: us-docker.pkg.dev/v/releases -> hub; back: us-docker.pkg.dev/w/gcr.io -> us
none | us=us-docker.pkg.dev/v/releases hub=gcr.io/v | out: us-docker.pkg.dev/v/releases -> hub; back: europe-docker.pkg.dev/v/gcr.io -> us
cycle | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub asia=asia-docker.pkg.dev/v/hub | out: us-docker.pkg.dev/v/releases -> eu; back: europe-docker.pkg.dev/v/hub -> asia+us
cycle | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub asia=asia-docker.pkg.dev/v/hub | a: us-docker.pkg.dev/v/releases -> eu; b: europe-docker.pkg.dev/v/hub -> asia; c: asia-docker.pkg.dev/v/hub -> us
cycle | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub | a: us-docker.pkg.dev/v/releases -> eu, as: "mirror/{image}:{tag}"; b: europe-docker.pkg.dev/v/hub/mirror -> us
cycle | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub | a: us-docker.pkg.dev/v/releases -> eu, as: "x-{image}:{tag}"; b: europe-docker.pkg.dev/v/hub -> us, images: ["x-*"]
cycle | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub | a: us-docker.pkg.dev/v/releases -> eu; b: europe-docker.pkg.dev/v -> us
cycle | us=us-docker.pkg.dev/v/releases | a: us-docker.pkg.dev/v/releases/team -> us, as: "team/{image}:{tag}"
cycle | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub asia=asia-docker.pkg.dev/v/hub | a: us-docker.pkg.dev/v/releases -> eu; b: europe-docker.pkg.dev/v/hub -> us+asia
conflict c & cycle | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub asia=asia-docker.pkg.dev/v/hub one=gcr.io/one two=gcr.io/two | a: us-docker.pkg.dev/v/releases -> eu; b: europe-docker.pkg.dev/v/hub -> asia; c: asia-docker.pkg.dev/v/hub -> us+eu; d: gcr.io/one -> two; e: gcr.io/two -> one
conflict b & cycle | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub asia=asia-docker.pkg.dev/v/hub | x: gcr.io/one -> asia; a: us-docker.pkg.dev/v/releases -> eu; b: europe-docker.pkg.dev/v/hub -> asia; c: asia-docker.pkg.dev/v/hub -> us
conflict b & cycle | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub asia=asia-docker.pkg.dev/v/hub two=gcr.io/two | x: gcr.io/one -> asia; a: us-docker.pkg.dev/v/releases -> eu; b: europe-docker.pkg.dev/v/hub -> asia; c: asia-docker.pkg.dev/v/hub -> us; d: asia-docker.pkg.dev/v/hub -> two, as: "d/{image}:{tag}"
conflict b & cycle | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub asia=asia-docker.pkg.dev/v/hub | a: us-docker.pkg.dev/v/releases -> eu+asia; b: europe-docker.pkg.dev/v/hub -> asia; c: asia-docker.pkg.dev/v/hub -> us
cycle | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub asia=asia-docker.pkg.dev/v/hub | a: us-docker.pkg.dev/v/releases -> eu; c: asia-docker.pkg.dev/v/hub -> us; b: europe-docker.pkg.dev/v/hub -> asia
conflict b & cycle | us=us-docker.pkg.dev/v/releases eu=europe-docker.pkg.dev/v/hub one=gcr.io/one two=gcr.io/two | d: gcr.io/one -> two; e: gcr.io/two -> one; a: us-docker.pkg.dev/v/releases -> eu; b: europe-docker.pkg.dev/v/hub -> us+one
cycle | hub=gcr.io/v other=eu.gcr.io/w | out: us-docker.pkg.dev/v/gcr.io/a -> other; back: europe-docker.pkg.dev/w/eu.gcr.io -> hub
inside a | a=registry.io/v/a | x: registry.io/v -> a, images: [x]; y: registry.io/v -> a, images: [y]
cycle & inside a | a=registry.io/v/a c=registry.io/v/c | x: registry.io/v -> a; z: registry.io/v/a -> c
conflict y & cycle & inside a | a=gcr.io/v/a b=gcr.io/w | x: gcr.io/v -> a+b; y: gcr.io/w -> a
none | acme=gcr.io/acme acme=us-kfp.pkg.dev/acme/p globex=gcr.io/globex globex=us-kfp.pkg.dev/globex/p initech=gcr.io/initech | images: gcr.io/vendor -> acme+initech; pipelines: us-kfp.pkg.dev/vendor/p -> acme+globex
none | acme=gcr.io/acme acme=us-kfp.pkg.dev/acme/p globex=gcr.io/globex globex=us-kfp.pkg.dev/globex/p initech=gcr.io/initech | images: gcr.io/vendor -> acme+initech; pipelines: us-kfp.pkg.dev/vendor/p -> acme+globex, rewriteImages: true
none | acme=gcr.io/acme acme=us-kfp.pkg.dev/acme/p initech=gcr.io/initech | images: gcr.io/vendor -> acme+initech; pipelines: us-kfp.pkg.dev/vendor/p -> acme, rewriteImages: true
none | acme=gcr.io/acme acme=us-kfp.pkg.dev/acme/p globex=gcr.io/globex globex=us-kfp.pkg.dev/globex/p initech=gcr.io/initech | images: gcr.io/vendor -> acme+initech; pipelines: us-kfp.pkg.dev/vendor/p -> globex
none | acme=gcr.io/acme acme=us-kfp.pkg.dev/acme/p globex=gcr.io/globex globex=us-kfp.pkg.dev/globex/p | images: gcr.io/vendor -> globex; slim: gcr.io/slim -> acme, platforms: [linux/amd64]; pipelines: us-kfp.pkg.dev/vendor/p -> acme+globex, rewriteImages: true
none | eu=gcr.io/v/eu acme=gcr.io/acme | a: us-docker.pkg.dev/v/r -> eu; b: us-docker.pkg.dev/v/r -> acme
none | eu=gcr.io/v/eu acme=gcr.io/acme | a: us-docker.pkg.dev/v/r -> eu; b: gcr.io/v/eu -> acme
none | eu=gcr.io/v/eu acme=gcr.io/acme globex=gcr.io/globex | a: us-docker.pkg.dev/v/r -> globex+eu; b: gcr.io/v/eu -> acme
none | eu=gcr.io/v/eu asia=gcr.io/v/asia acme=gcr.io/acme | a: us-docker.pkg.dev/v/r -> eu; b: gcr.io/v/eu -> asia; c: gcr.io/v/asia -> acme
none | eu=gcr.io/v/eu asia=gcr.io/v/asia acme=gcr.io/acme globex=gcr.io/globex | a: us-docker.pkg.dev/v/r -> eu+asia; b: gcr.io/v/eu -> acme; c: gcr.io/v/asia -> globex
none | eu=gcr.io/v/eu acme=gcr.io/acme | a: us-docker.pkg.dev/v/r -> eu; b: gcr.io/v/eu/x -> acme
none | deep=gcr.io/w/a/b acme=gcr.io/acme | a: us-docker.pkg.dev/v/r -> deep; b: gcr.io/w -> acme
none | old=eu.gcr.io/v/hub acme=gcr.io/acme | a: us-docker.pkg.dev/v/r -> old; b: europe-docker.pkg.dev/v/eu.gcr.io/hub -> acme
none | eu=gcr.io/v/eu acme=gcr.io/acme globex=gcr.io/globex | a: us-docker.pkg.dev/v/r -> eu; b: gcr.io/v/eu-2 -> acme; c: gcr.io/v/e -> globex
none | eu=gcr.io/v/eu acme=gcr.io/acme | a: us-docker.pkg.dev/v/r -> eu, images: [x]; b: gcr.io/v/eu -> acme, images: [y, "x/*"]
none | eu=gcr.io/v/eu asia=gcr.io/v/asia acme=gcr.io/acme | a: us-docker.pkg.dev/v/r -> eu, images: [x], as: "y:{tag}"; b: gcr.io/v/eu -> acme, images: [y]; c: gcr.io/v/eu -> asia, images: [x]
none | eu=gcr.io/v/eu asia=gcr.io/v/asia acme=gcr.io/acme | out: us-docker.pkg.dev/v/r -> eu, images: ["m-*"]; a: gcr.io/v/eu -> acme, images: [a]; m: gcr.io/v/eu -> acme, images: [m]; m-a: gcr.io/v/eu -> acme, images: [m-a]; m-b: gcr.io/v/eu -> acme, images: [m-b]; n: gcr.io/v/eu -> acme, images: [n]; z: gcr.io/v/eu -> acme, images: [z]; many: gcr.io/v/eu -> asia, images: ["*-a"]
none | eu=gcr.io/v/eu acme=gcr.io/acme | a: us-docker.pkg.dev/v/r -> eu, tags: { include: [x] }; b: gcr.io/v/eu -> acme, tags: { include: [y] }
none | eu=gcr.io/v/eu asia=gcr.io/v/asia acme=gcr.io/acme globex=gcr.io/globex | a: us-docker.pkg.dev/v/r -> eu; a2: us-docker.pkg.dev/v/r -> globex; b: gcr.io/v/eu -> acme, as: "b/{image}:{tag}"; b2: gcr.io/v/eu -> asia, as: "b/{image}:{tag}"
none | eu=gcr.io/v/eu acme=gcr.io/acme | a: us-docker.pkg.dev/v/r -> eu, images: [x]; b: gcr.io/v/eu -> acme, as: "b/{image}:{tag}", images: [x]; c: gcr.io/v/eu -> acme, as: "c/{image}:{tag}", images: [x]; d: gcr.io/v/eu -> acme, as: "d/{image}:{tag}", images: [y]; e: gcr.io/v/eu -> acme, as: "e/{image}:{tag}", images: [y]
none | eu=gcr.io/v/eu acme=gcr.io/acme | a: us-docker.pkg.dev/v/r -> eu, images: [x]; b: gcr.io/v/eu/x -> acme, images: ["?*"]
none | eu=gcr.io/v/eu acme=gcr.io/acme | a: us-docker.pkg.dev/v/r -> eu, images: [x]; b: gcr.io/v/eu/x -> acme
none | eu=gcr.io/v/eu asia=gcr.io/v/asia deep=gcr.io/w/a/b old=eu.gcr.io/v/hub acme=gcr.io/acme globex=gcr.io/globex | a: us-docker.pkg.dev/v/r -> eu+globex+asia; a2: us-docker.pkg.dev/v/r -> deep; b: gcr.io/v/eu -> acme; c: gcr.io/w/a -> old
none | hub=gs://hub/in hub=gcr.io/hub acme=gs://acme acme=gcr.io/acme | a: gs://vendor -> hub; b: gs://hub -> acme, objects: [in/x, out/y]; c: gs://hub -> acme, objects: ["out/**"], as: "c/{object}"; d: gcr.io/vendor -> hub
none | hub=gs://hub hub=gcr.io/hub acme=gs://acme globex=gcr.io/globex | a: gs://vendor -> acme+hub, objects: [x]; b: gs://hub -> acme, objects: [x], as: "b/{object}"; d: gcr.io/vendor -> globex+hub, images: [x]; e: gcr.io/hub -> globex, images: [x], as: "e/{image}:{tag}"
none | hub=gs://hub acme=gs://acme globex=gs://globex | a: gs://vendor -> hub, objects: ["x/**", y]; b: gs://hub -> acme, objects: ["x/*"]; c: gs://hub/x -> globex, objects: ["q/*"]; e: gs://hub/y -> acme, as: "e/{object}"; d: gs://hub -> globex, objects: ["*.bin", z], as: "d/{object}"
inside eu | eu=eu.gcr.io/v | r0: europe-docker.pkg.dev/v/eu.gcr.io -> eu, images: ["**/b"], as: "a/{image}:{tag}"
inside eu | eu=eu.gcr.io/v | r0: europe-docker.pkg.dev/v/eu.gcr.io -> eu, images: ["*"], as: "{image}:{tag}"
inside us | us=us-docker.pkg.dev/v/r | r0: us-docker.pkg.dev/v/r -> us, images: ["**/b"], as: "a/{image}:{tag}"
cycle | eu=eu.gcr.io/v | r0: eu.gcr.io/v/a -> eu, images: ["a/**"], as: "a/{image}:{tag}"
cycle | eu=eu.gcr.io/v | r0: eu.gcr.io/v/a -> eu, images: ["**"], as: "{image}:{tag}"
cycle | us=us-docker.pkg.dev/v/r | r0: us-docker.pkg.dev/v/r/a -> us, images: ["**/b"], as: "a/{image}:{tag}"
cycle | us=us-docker.pkg.dev/v/r | r0: us-docker.pkg.dev/v/r/a -> us, images: ["**"], as: "{image}:{tag}"
inside us | us=us-docker.pkg.dev/v/r | r0: us-docker.pkg.dev/v/r -> us, images: ["**/b"], as: "x-{image}:{tag}"
inside eu | eu=eu.gcr.io/v | r0: eu.gcr.io/v -> eu, images: ["**"], as: "{image}:{tag}"
inside hub | hub=docker.io/v | r0: docker.io/v -> hub, images: ["**/b"], as: "{image}:{tag}"
inside eu | eu=eu.gcr.io/v | r0: europe-docker.pkg.dev/v/eu.gcr.io -> eu, images: ["[ab]"], as: "a/{image}:{tag}"
cycle | hub=docker.io/v | r0: index.docker.io/v/a -> hub, images: ["**"], as: "a/{image}:{tag}"
inside us | us=us-docker.pkg.dev/v/r | r0: us-docker.pkg.dev/v/r -> us, images: ["[ab]"], as: "x-{image}:{tag}"
inside us | us=us-docker.pkg.dev/v/r | r0: us-docker.pkg.dev/v/r -> us, images: ["[ab]"], as: "{image}:{tag}"
cycle | eu=eu.gcr.io/v hub=docker.io/v | r0: registry-1.docker.io/v -> eu, images: ["**"], as: "{image}:{tag}"; r1: europe-docker.pkg.dev/v/eu.gcr.io -> hub, images: ["**/b"], as: "{image}:{tag}"
inside us | us=us-docker.pkg.dev/v/r | r0: us-docker.pkg.dev/v/r -> us, images: ["?-*"], as: "{image}:{tag}"
inside us | us=us-docker.pkg.dev/v/r | r0: us-docker.pkg.dev/v/r -> us, images: ["[ab]"], as: "{image}/b:{tag}"
cycle | hub=docker.io/v | r0: index.docker.io/v/a -> hub, images: ["*"], as: "{image}/b:{tag}"
inside hub | hub=docker.io/v | r0: docker.io/v -> hub, images: ["a/**"], as: "a/{image}:{tag}"
cycle | eu=eu.gcr.io/v | r0: eu.gcr.io/v/a -> eu, images: ["**"], as: "{image}/b:{tag}"
cycle | eu=eu.gcr.io/v | r0: eu.gcr.io/v/a -> eu, images: ["{a,b}/*"], as: "a/{image}:{tag}"
inside eu | eu=eu.gcr.io/v | r0: eu.gcr.io/v -> eu, images: ["a/**"], as: "{image}:{tag}"
cycle | hub=docker.io/v | r0: index.docker.io/v/a -> hub, images: ["**/b"], as: "a/{image}:{tag}"
`;

interface Case {
  readonly expected: string;
  readonly places: string;
  readonly rules: readonly string[];
}

const cases = CORPUS.trim()
  .split('\n')
  .map((line): Case => {
    const [expected = '', places = '', rules = ''] = line.split(' | ');
    return { expected, places, rules: rules.split('; ') };
  });

/** `acme=eu.gcr.io/acme acme=gs://acme` as the targets of a file. */
function targetsOf(places: string): Record<string, Record<string, string>> {
  const targets: Record<string, Record<string, string>> = {};
  for (const place of places.split(' ')) {
    const [name = '', at = ''] = place.split('=');
    const key = at.startsWith('gs://') ? 'bucket' : /-kfp\./.test(at) ? 'templates' : 'repository';
    targets[name] = { ...targets[name], [key]: at };
  }
  return targets;
}

function problemsIn(text: string): string {
  try {
    parseRules(text);
    return 'none';
  } catch (error) {
    if (!(error instanceof InvalidRulesError)) throw error;
    const problems = error.problems.flatMap(({ message }) => shortly(message) ?? []);
    return [...new Set(problems)].sort().join(' & ');
  }
}

/** Undefined where two targets have one place: that is wrong, too, and is not what is asked. */
function shortly(message: string): string | undefined {
  const { one, later = one } =
    /^rules? "(?<one>\w+)"(?: and "(?<later>\w+)")? writes? different/.exec(message)?.groups ?? {};
  if (later !== undefined) return `conflict ${later}`;
  const { inside } = /^target "(?<inside>\w+)" lies inside/.exec(message)?.groups ?? {};
  if (inside !== undefined) return `inside ${inside}`;
  if (message.startsWith('a cycle: ')) return 'cycle';
  return message.includes(' is the place of target ') ? undefined : message;
}

it.each(cases)('$expected: $places, $rules', ({ expected, places, rules }) => {
  const targets = JSON.stringify(targetsOf(places));
  const lines = ruleLines({}, rules).replace('targets:', `targets: ${targets}`);
  expect(problemsIn(lines)).toBe(expected);
});
