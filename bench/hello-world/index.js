// What the functions' cold start is measured against: the least that the same framework can serve.
require('@google-cloud/functions-framework').cloudEvent('helloWorld', () => 'hello, world');
