"""A client's side of RTMP, just enough to build sessions byte by byte."""

from media.rtmp.amf0 import encode_values

AVC_RECORD = bytes.fromhex(
    "0142c00cffe100176742c00cda05067e7c0440000003004000000c83c50aa801000468ce0fc8"
)
AAC_RECORD = bytes.fromhex("118856e500")


class Client:
    """Builds what an encoder sends; remembers nothing, so a test sees every choice."""

    avc_record = AVC_RECORD
    aac_record = AAC_RECORD

    @staticmethod
    def hello() -> bytes:
        return b"\x03" + bytes(1536) + b"?" * 1536

    @staticmethod
    def basic_header(form: int, csid: int) -> bytes:
        if csid < 64:
            return bytes((form << 6 | csid,))
        if csid < 320:
            return bytes((form << 6, csid - 64))
        return bytes((form << 6 | 1, (csid - 64) % 256, (csid - 64) // 256))

    def chunks(
        self,
        payload: bytes,
        *,
        type_id: int = 9,
        time: int = 0,
        form: int = 0,
        csid: int = 4,
        stream_id: int = 1,
        size: int = 128,
        extended_on_form_3: bytes = b"",
        length: int | None = None,
    ) -> bytes:
        """A message cut into chunks; ``time`` is absolute in form 0, a delta in 1 and 2."""
        out = self.basic_header(form, csid)
        if form < 3:
            out += min(time, 0xFFFFFF).to_bytes(3, "big")
        if form < 2:
            out += (len(payload) if length is None else length).to_bytes(3, "big")
            out += bytes((type_id,))
        if form == 0:
            out += stream_id.to_bytes(4, "little")
        if form < 3 and time >= 0xFFFFFF:
            out += time.to_bytes(4, "big")
        if form == 3:
            out += extended_on_form_3
        joint = self.basic_header(3, csid) + extended_on_form_3
        return out + joint.join(payload[at : at + size] for at in range(0, len(payload), size))

    def command(self, *values: object, stream_id: int = 0, type_id: int = 20) -> bytes:
        body = encode_values(*values)
        return self.chunks(body, type_id=type_id, csid=3, stream_id=stream_id)

    def connect(self, app: str = "live", **properties: object) -> bytes:
        asked = {"app": app, "tcUrl": f"rtmp://host/{app}", "flashVer": "FMLE/3.0", **properties}
        return self.command("connect", 1, asked)

    def publish(self, name: object = "KEY") -> bytes:
        return self.command("publish", 5, None, name, "live", stream_id=1)

    def opening(self) -> bytes:
        """Everything up to the first frame."""
        return (
            self.hello() + self.connect() + self.command("createStream", 4, None) + self.publish()
        )

    def avc_config(self, time: int = 0) -> bytes:
        return self.chunks(b"\x17\x00\x00\x00\x00" + AVC_RECORD, time=time, csid=6)

    def aac_config(self, time: int = 0) -> bytes:
        return self.chunks(b"\xaf\x00" + AAC_RECORD, type_id=8, time=time)

    def video(self, data: bytes, time: int = 0, cts: int = 0, key: bool = True) -> bytes:
        head = bytes((0x17 if key else 0x27, 1)) + cts.to_bytes(3, "big", signed=True)
        return self.chunks(head + data, time=time, csid=6)

    def audio(self, data: bytes, time: int = 0) -> bytes:
        return self.chunks(b"\xaf\x01" + data, type_id=8, time=time)
