/**
 * A transcript that was recorded on Node 20, on a socket, and what it told.
 *
 * @module
 */

/** The transcript, as text. The bytes came in segments of a few, over two idle timeouts. */
export const RECORDED: string = String
  .raw`{"asynchat":"transcript","version":1,"payload":"bytes","limits":{"maxFrameLength":20,"overlong":"skip","highWaterMark":32,"lowWaterMark":8,"maxQueued":16777216,"closeTimeout":30000,"idleTimeout":60,"frameTimeout":"Infinity"}}
{"call":"setTerminator","terminator":"\r\n"}
{"call":"connected"}
{"call":"tick","value":186.616025}
{"call":"dispatch"}
{"told":"connected","depth":1}
{"call":"tick","value":187.242457}
{"call":"receive","text":"hel"}
{"call":"dispatch"}
{"told":"data","depth":1,"size":3,"sum":179613742}
{"call":"tick","value":188.128765}
{"call":"receive","text":"lo\r"}
{"call":"dispatch"}
{"told":"data","depth":1,"size":2,"sum":1110556780}
{"call":"tick","value":200.826354}
{"call":"receive","text":"\nbody 5\r\n"}
{"call":"dispatch"}
{"told":"found","depth":1,"stop":true}
{"call":"push","depth":2,"text":"you said hello, and we heard it\n"}
{"call":"hold","depth":2}
{"call":"nextOutput","value":65536,"size":32,"sum":1617088791}
{"call":"tick","value":217.01678}
{"call":"dispatch"}
{"call":"tick","value":217.040275}
{"call":"release"}
{"call":"sent","value":32}
{"call":"dispatch"}
{"told":"drained","depth":1}
{"call":"push","depth":2,"text":"drained\n"}
{"told":"data","depth":1,"size":6,"sum":308840846}
{"told":"found","depth":1}
{"call":"setTerminator","depth":2,"terminator":5}
{"call":"nextOutput","value":65536,"size":8,"sum":729070478}
{"call":"tick","value":217.651193}
{"call":"dispatch"}
{"call":"tick","value":217.673046}
{"call":"sent","value":8}
{"call":"dispatch"}
{"call":"tick","value":217.814036}
{"call":"receive","hex":"0001fe"}
{"call":"dispatch"}
{"told":"data","depth":1,"size":3,"sum":2930726540}
{"call":"tick","value":233.496265}
{"call":"dispatch"}
{"call":"tick","value":246.814557}
{"call":"receive","hex":"ff0d"}
{"call":"dispatch"}
{"told":"data","depth":1,"size":2,"sum":1662914425}
{"told":"found","depth":1}
{"call":"setTerminator","depth":2,"terminator":["\r\n","\n"]}
{"call":"tick","value":249.502005}
{"call":"receive","text":"one line\nanother\r\nlong long long long line\nwait\n"}
{"call":"dispatch"}
{"told":"data","depth":1,"size":8,"sum":2977180751}
{"told":"found","depth":1,"stop":true}
{"call":"push","depth":2,"text":"you said one line, and we heard it\n"}
{"call":"hold","depth":2}
{"call":"nextOutput","value":65536,"size":35,"sum":1754811071}
{"call":"tick","value":266.099977}
{"call":"dispatch"}
{"call":"tick","value":266.158464}
{"call":"release"}
{"call":"sent","value":35}
{"call":"dispatch"}
{"told":"drained","depth":1}
{"call":"push","depth":2,"text":"drained\n"}
{"told":"data","depth":1,"size":7,"sum":588734996}
{"told":"found","depth":1,"stop":true}
{"call":"push","depth":2,"text":"you said another, and we heard it\n"}
{"call":"hold","depth":2}
{"call":"nextOutput","value":65536,"size":42,"sum":3168917827}
{"call":"tick","value":266.420804}
{"call":"dispatch"}
{"call":"tick","value":266.429788}
{"call":"release"}
{"call":"dispatch"}
{"told":"data","depth":1,"size":20,"sum":3418181957}
{"told":"failed","depth":1,"error":{"name":"LimitError","message":"a frame is longer than 20 bytes; raise maxFrameLength if the peer is right","kind":"limit","limit":20,"held":21}}
{"call":"push","depth":2,"text":"too long\n"}
{"told":"data","depth":1,"size":4,"sum":2301512864}
{"told":"found","depth":1}
{"call":"pushWithProducer","depth":2,"producer":1}
{"call":"tick","value":268.231147}
{"call":"dispatch"}
{"call":"tick","value":268.257416}
{"call":"sent","value":42}
{"call":"dispatch"}
{"call":"nextOutput","value":65536,"size":9,"sum":4102265109}
{"call":"tick","value":268.386869}
{"call":"sent","value":9}
{"call":"dispatch"}
{"told":"drained","depth":1}
{"call":"push","depth":2,"text":"drained\n"}
{"call":"nextOutput","value":65536}
{"told":"more","depth":1,"producer":1,"answer":"promise"}
{"call":"tick","value":268.64291}
{"call":"dispatch"}
{"call":"tick","value":268.665864}
{"call":"answer","text":"a","producer":1}
{"call":"dispatch"}
{"call":"nextOutput","value":65536,"size":1,"sum":3826002220}
{"call":"tick","value":271.209919}
{"call":"sent","value":1}
{"call":"dispatch"}
{"call":"nextOutput","value":65536}
{"told":"more","depth":1,"producer":1,"answer":"promise"}
{"call":"tick","value":271.324539}
{"call":"answer","hex":"00ff","producer":1}
{"call":"dispatch"}
{"call":"nextOutput","value":65536,"size":2,"sum":3531065248}
{"call":"tick","value":276.590213}
{"call":"sent","value":2}
{"call":"dispatch"}
{"call":"nextOutput","value":65536}
{"told":"more","depth":1,"producer":1,"answer":"promise"}
{"call":"tick","value":276.631864}
{"call":"answer","producer":1,"answer":"end"}
{"call":"dispatch"}
{"call":"nextOutput","value":65536,"size":8,"sum":729070478}
{"call":"tick","value":276.683862}
{"call":"sent","value":8}
{"call":"dispatch"}
{"call":"tick","value":276.703431}
{"call":"dispatch"}
{"call":"tick","value":293.107033}
{"call":"dispatch"}
{"call":"tick","value":336.3753}
{"call":"dispatch"}
{"call":"tick","value":337.599101}
{"call":"dispatch"}
{"told":"timedOut","depth":1,"error":{"name":"ChatError","message":"no byte came or went for 60 ms; raise idleTimeout, or send something from handleTimeout() to keep the connection","kind":"timeout"}}
{"call":"push","depth":2,"text":"ping 1\n"}
{"call":"nextOutput","value":65536,"size":7,"sum":1393956364}
{"call":"tick","value":338.162179}
{"call":"dispatch"}
{"call":"tick","value":338.17627}
{"call":"sent","value":7}
{"call":"dispatch"}
{"call":"tick","value":338.236099}
{"call":"dispatch"}
{"call":"tick","value":396.536177}
{"call":"dispatch"}
{"call":"tick","value":397.720018}
{"call":"dispatch"}
{"call":"tick","value":400.390781}
{"call":"dispatch"}
{"told":"timedOut","depth":1,"error":{"name":"ChatError","message":"no byte came or went for 60 ms; raise idleTimeout, or send something from handleTimeout() to keep the connection","kind":"timeout"}}
{"call":"push","depth":2,"text":"ping 2\n"}
{"call":"nextOutput","value":65536,"size":7,"sum":756259747}
{"call":"tick","value":400.677688}
{"call":"dispatch"}
{"call":"tick","value":400.687152}
{"call":"sent","value":7}
{"call":"dispatch"}
{"call":"tick","value":400.837426}
{"call":"receive","text":"bad\nlast\nhalf"}
{"call":"dispatch"}
{"told":"data","depth":1,"size":3,"sum":1622628984}
{"told":"found","depth":1}
{"told":"data","depth":1,"size":4,"sum":1675745305}
{"told":"found","depth":1}
{"call":"pushWithProducer","depth":2,"producer":2}
{"call":"discardBuffers","depth":2}
{"told":"cancel","depth":3,"producer":2}
{"call":"push","depth":2,"text":"bye\n"}
{"call":"nextOutput","value":65536,"size":4,"sum":3414422091}
{"call":"tick","value":413.275038}
{"call":"dispatch"}
{"call":"tick","value":413.291913}
{"call":"sent","value":4}
{"call":"dispatch"}
{"call":"tick","value":414.656403}
{"call":"receiveEnd"}
{"call":"dispatch"}
{"told":"ended","depth":1}
{"call":"closeWhenDone","depth":2}
{"call":"endSent"}
{"call":"dispatch"}
{"call":"disconnected"}
{"call":"dispatch"}
{"told":"closed","depth":1,"report":{"reason":"ended","bytesUnsent":0}}
{"end":{"full":false,"open":0,"stats":{"bytesReceived":81,"chunksReceived":7,"framesReceived":8,"framesOverlong":1,"bytesSent":155,"writes":11,"highWaterEvents":3,"pauses":0,"holds":3,"bytesQueued":0,"connectedAt":186.616025,"lastActivity":414.656403}}}
{"sum":3084638118}
`;

/** The events of that session. */
export const TOLD: readonly string[] = [
  "connected",
  'data "hel"',
  'data "lo"',
  "found",
  "drained",
  'data "body 5"',
  "found",
  'data "\\u0000\\u0001�"',
  'data "�\\r"',
  "found",
  'data "one line"',
  "found",
  "drained",
  'data "another"',
  "found",
  'data "long long long long "',
  "failed limit",
  'data "wait"',
  "found",
  "drained",
  "timedOut timeout",
  "timedOut timeout",
  'data "bad"',
  "found",
  'data "last"',
  "found",
  "ended",
  "closed ended 0",
];
