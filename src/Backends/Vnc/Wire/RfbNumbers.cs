namespace Doppel.Backends.Vnc.Wire;

/// <summary>Numbers of the RFB protocol: RFC 6143, and the community's "rfbproto" for what QEMU added.</summary>
internal static class RfbNumbers
{
    // Messages from the client (RFC 6143, 7.5).
    internal const byte SetPixelFormat = 0;
    internal const byte SetEncodings = 2;
    internal const byte FramebufferUpdateRequest = 3;
    internal const byte KeyEvent = 4;
    internal const byte PointerEvent = 5;
    internal const byte ClientCutText = 6;
    internal const byte QemuMessage = 255;
    internal const byte QemuExtendedKey = 0;

    // Messages from the server (7.6).
    internal const byte FramebufferUpdate = 0;
    internal const byte SetColourMapEntries = 1;

    // Security types (7.2).
    internal const byte SecurityNone = 1;
    internal const byte SecurityVncAuthentication = 2;

    // Encodings (7.7) and pseudo-encodings (7.8).
    internal const int Raw = 0;
    internal const int CopyRect = 1;
    internal const int Zrle = 16;
    internal const int DesktopSize = -223;
    internal const int Cursor = -239;
    internal const int QemuPointerMotionChange = -257;
    internal const int QemuExtendedKeyEvent = -258;
}
