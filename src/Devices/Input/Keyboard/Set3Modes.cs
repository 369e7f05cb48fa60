using System;
using Doppel.Primitives;

namespace Doppel.Devices.Input.Keyboard;

/// <summary>What a key does in scan code set 3 besides its make code.</summary>
[Flags]
internal enum KeyModes : byte
{
    MakeOnly = 0,
    Break = 1,
    Repeat = 2,
}

/// <summary>
/// The modes of all keys in set 3, which commands F7 to FD change (IBM PS/2 Hardware Interface Technical Reference, "Keyboard commands" and the
/// table of default modes). Sets 1 and 2 have one mode for all keys.
/// </summary>
internal sealed class Set3Modes
{
    private const int Codes = 0x90;
    private readonly byte[] _modes = new byte[Codes];

    /// <summary>Creates the default modes.</summary>
    public Set3Modes() => SetDefaults();

    // Function, control and keypad keys, and half of the navigation keys.
    private static ReadOnlySpan<byte> MakeOnlyCodes =>
    [
        0x07, 0x0F, 0x17, 0x1F, 0x27, 0x2F, 0x37, 0x3F, 0x47, 0x4F, 0x56, 0x5E, 0x08, 0x57, 0x5F, 0x62, 0x39, 0x58, 0x67, 0x6E, 0x65, 0x6F, 0x6D,
        0x76, 0x6C, 0x6B, 0x69, 0x77, 0x75, 0x73, 0x72, 0x70, 0x7E, 0x7D, 0x74, 0x7A, 0x71, 0x84, 0x79, 0x8B, 0x8C, 0x8D,
    ];

    private static ReadOnlySpan<byte> BreakCodes => [0x14, 0x12, 0x59, 0x11, 0x19];

    /// <summary>The modes of the key with set 3 code <paramref name="code"/>.</summary>
    public KeyModes this[byte code] => code < Codes ? (KeyModes)_modes[code] : KeyModes.MakeOnly;

    /// <summary>Letters repeat and are not heard of when released; shifts are.</summary>
    public void SetDefaults()
    {
        SetAll(KeyModes.Repeat);
        foreach (byte code in MakeOnlyCodes)
        {
            _modes[code] = (byte)KeyModes.MakeOnly;
        }

        foreach (byte code in BreakCodes)
        {
            _modes[code] = (byte)KeyModes.Break;
        }
    }

    /// <summary>Gives all keys <paramref name="modes"/>.</summary>
    public void SetAll(KeyModes modes) => Array.Fill(_modes, (byte)modes);

    /// <summary>Gives one key <paramref name="modes"/>; a code that no key has is ignored.</summary>
    public void Set(byte code, KeyModes modes)
    {
        if (code < Codes)
        {
            _modes[code] = (byte)modes;
        }
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to) => to.Write("modes", _modes);

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.ReadBytes("modes", _modes);
        foreach (byte mode in _modes)
        {
            if (mode > (byte)(KeyModes.Break | KeyModes.Repeat))
            {
                throw new StateFormatException("keyboard: modes: no such mode");
            }
        }
    }
}
