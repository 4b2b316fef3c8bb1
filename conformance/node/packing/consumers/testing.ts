import { AsyncChat } from "asynchat";
import type * as testing from "asynchat/testing";
import { same } from "./told.ts";

class Echo extends AsyncChat {
  constructor() {
    super({ terminator: "\n" });
  }
  override foundTerminator(): void {
    this.push(`${this.getText()}!`);
    this.closeWhenDone();
  }
}

/** Plays the other end of a conversation, in every way to cut what it sends. */
export default async function use(
  { CLOSE, FIN, ManualPeer, playEveryWay, playScript }: typeof testing,
): Promise<void> {
  const script: testing.Script = [{ send: "hello\n" }, { expect: "hello!" }];
  await playScript(new Echo(), [...script, { expect: FIN }, { send: FIN }, { expect: CLOSE }]);
  await playEveryWay(() => new Echo(), [...script, { expect: FIN }, { send: FIN }]);
  const peer = new ManualPeer(new Echo());
  peer.send("bye\n");
  same(peer.takeText(), "bye!");
}
