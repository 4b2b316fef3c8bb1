/**
 * What a protocol is tested with: no socket, no clock, no runtime.
 *
 * @module asynchat/testing
 */

export { FakeClock } from "./fake_clock.ts";
export { ManualPeer } from "./manual_peer.ts";
export {
  CLOSE,
  FIN,
  NOTHING,
  RESET,
  type Script,
  ScriptError,
  type ScriptStep,
  type Sign,
} from "./script.ts";
export { playEveryWay, playScript, type ScriptOptions } from "./scripted_peer.ts";
export {
  everyString,
  randomFrom,
  SegmentationError,
  type SegmentationOptions,
  type Segmented,
  verifySegmentation,
} from "./segmentation.ts";
export { segmentedProtocol } from "./segmented_protocol.ts";
export { formatTranscript } from "./transcript/format.ts";
export { parseTranscript, stringifyTranscript } from "./transcript/lines.ts";
export { type Recording, recordTranscript, type TranscriptOptions } from "./transcript/recorder.ts";
export { replayTranscript } from "./transcript/replay.ts";
export {
  type Transcript,
  type TranscriptCall,
  type TranscriptEnd,
  type TranscriptEntry,
  TranscriptError,
  type TranscriptErrorRecord,
  type TranscriptReport,
  type TranscriptTold,
} from "./transcript/transcript.ts";
