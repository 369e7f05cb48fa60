using System;
using Doppel.Backends.Vnc.Wire;

namespace Doppel.Backends.Vnc;

/// <summary>What a client says that it understands: SetEncodings (RFC 6143, 7.5.2). Encodings unknown to us are passed over.</summary>
internal readonly record struct Abilities
{
    internal Abilities(ReadOnlySpan<int> encodings)
    {
        bool isChosen = false;
        foreach (int encoding in encodings)
        {
            switch (encoding)
            {
                case RfbNumbers.Raw or RfbNumbers.Zrle:
                    // The first one is the client's favourite.
                    PrefersZrle |= !isChosen && encoding == RfbNumbers.Zrle;
                    isChosen = true;
                    break;
                case RfbNumbers.CopyRect:
                    CanCopy = true;
                    break;
                case RfbNumbers.DesktopSize:
                    CanResize = true;
                    break;
                case RfbNumbers.Cursor:
                    HasCursor = true;
                    break;
                case RfbNumbers.QemuExtendedKeyEvent:
                    HasExtendedKeys = true;
                    break;
                case RfbNumbers.QemuPointerMotionChange:
                    HasRelativePointer = true;
                    break;
                default:
                    break;
            }
        }
    }

    internal bool PrefersZrle { get; init; }

    internal bool CanCopy { get; init; }

    internal bool CanResize { get; init; }

    internal bool HasCursor { get; init; }

    internal bool HasExtendedKeys { get; init; }

    internal bool HasRelativePointer { get; init; }

    internal Abilities Union(Abilities other) => new()
    {
        PrefersZrle = PrefersZrle || other.PrefersZrle,
        CanCopy = CanCopy || other.CanCopy,
        CanResize = CanResize || other.CanResize,
        HasCursor = HasCursor || other.HasCursor,
        HasExtendedKeys = HasExtendedKeys || other.HasExtendedKeys,
        HasRelativePointer = HasRelativePointer || other.HasRelativePointer,
    };
}
