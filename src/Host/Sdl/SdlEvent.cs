using System;
using System.Buffers.Binary;

namespace Doppel.Host.Sdl;

/// <summary>What happened to a window.</summary>
public enum SdlEventKind
{
    /// <summary>Nothing that matters here.</summary>
    None = 0,

    /// <summary>The person wants to close it.</summary>
    Close = 1,

    /// <summary>A key: <see cref="SdlEvent.Code"/> is its SDL scancode, <see cref="SdlEvent.IsDown"/> whether it went down.</summary>
    Key = 2,

    /// <summary>The mouse moved by <see cref="SdlEvent.X"/> and <see cref="SdlEvent.Y"/>.</summary>
    Motion = 3,

    /// <summary>A button: <see cref="SdlEvent.Code"/> is 1 left, 2 middle, 3 right.</summary>
    Button = 4,

    /// <summary>The wheel turned by <see cref="SdlEvent.Y"/> notches away from the person.</summary>
    Wheel = 5,

    /// <summary>Its contents must be drawn again.</summary>
    Exposed = 6,

    /// <summary>It can be seen again.</summary>
    Shown = 7,

    /// <summary>It cannot be seen any more.</summary>
    Hidden = 8,

    /// <summary>Keys go elsewhere from now on.</summary>
    FocusLost = 9,
}

/// <summary>An event of a window.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Code">Scancode or button.</param>
/// <param name="IsDown">Whether it went down.</param>
/// <param name="X">To the right.</param>
/// <param name="Y">Downwards; of the wheel, away from the person.</param>
public readonly record struct SdlEvent(SdlEventKind Kind, int Code = 0, bool IsDown = false, int X = 0, int Y = 0)
{
    /// <summary>Reads an SDL_Event (SDL_events.h).</summary>
    internal static SdlEvent Parse(ReadOnlySpan<byte> bytes)
    {
        uint type = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return type switch
        {
            0x100 => new SdlEvent(SdlEventKind.Close),
            0x200 => new SdlEvent(WindowEvent(bytes[12])),
            0x300 or 0x301 => new SdlEvent(SdlEventKind.Key, Word(bytes, 16), type == 0x300),
            0x400 => new SdlEvent(SdlEventKind.Motion, X: Word(bytes, 28), Y: Word(bytes, 32)),
            0x401 or 0x402 => new SdlEvent(SdlEventKind.Button, bytes[16], type == 0x401),

            // Direction 1: the host turns the wheel over.
            0x403 => new SdlEvent(SdlEventKind.Wheel, X: Word(bytes, 16), Y: Word(bytes, 24) == 1 ? -Word(bytes, 20) : Word(bytes, 20)),
            0x2000 or 0x2001 => new SdlEvent(SdlEventKind.Exposed),
            _ => default,
        };
    }

    private static int Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

    private static SdlEventKind WindowEvent(byte code) => code switch
    {
        1 or 9 => SdlEventKind.Shown,
        2 or 7 => SdlEventKind.Hidden,
        3 or 6 => SdlEventKind.Exposed,
        13 => SdlEventKind.FocusLost,

        // A close comes as SDL_QUIT too when it is the only window.
        _ => SdlEventKind.None,
    };
}
