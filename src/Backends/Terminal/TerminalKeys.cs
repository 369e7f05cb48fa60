using System;

namespace Doppel.Backends.Terminal;

/// <summary>
/// Turns what a terminal sends for keys (letters, control characters, the sequences of ECMA-48 and xterm) into keys of a US keyboard that go down
/// and up at once. A terminal tells neither when a key is let go nor modifiers on their own; Escape alone is one that ends a piece of input. What is
/// not a key of that keyboard is passed over. One thread.
/// </summary>
internal sealed class TerminalKeys
{
    /// <summary>Ctrl-].</summary>
    internal const byte LeaveKey = 0x1D;

    private const byte Escape = 0x1B;
    private const byte Delete = 0x7F;
    private const int MaxSequence = 32;

    private readonly IInputSink _input;

    internal TerminalKeys(IInputSink input) => _input = input;

    /// <summary>Types a piece of input. False: the person wants to leave; what follows is not typed.</summary>
    internal bool Type(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (bytes[0] == LeaveKey)
            {
                return false;
            }

            bytes = bytes[Next(bytes)..];
        }

        return true;
    }

    // Types the first key; returns its bytes.
    private int Next(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] != Escape)
        {
            Letter(bytes[0], isAlt: false);
            return 1;
        }

        if (bytes.Length == 1 || bytes[1] == Escape)
        {
            Press(TerminalModifiers.None, 0x01);
            return 1;
        }

        if (bytes[1] is (byte)'[' or (byte)'O' && bytes.Length > 2)
        {
            return 2 + Sequence(bytes[2..], isShort: bytes[1] == (byte)'O');
        }

        if (bytes[1] == LeaveKey)
        {
            Press(TerminalModifiers.None, 0x01);
            return 1;
        }

        Letter(bytes[1], isAlt: true);
        return 2;
    }

    private void Letter(byte letter, bool isAlt)
    {
        TerminalModifiers alt = isAlt ? TerminalModifiers.Alt : TerminalModifiers.None;
        switch (letter)
        {
            case (byte)'\r' or (byte)'\n':
                Press(alt, 0x1C);
                break;
            case (byte)'\t':
                Press(alt, 0x0F);
                break;
            case Delete:
                Press(alt, 0x0E);
                break;
            case 0:
                Press(alt | TerminalModifiers.Control, 0x39);
                break;
            case 8:
                // Terminals send DEL for Backspace, so this is Ctrl-Backspace or Ctrl-H: programs take both for the same.
                Press(alt, 0x0E);
                break;
            case < 0x20:
                // Ctrl with @ to _, of which the letters are typed small.
                char with = (char)(letter + 0x40);
                if (UsLetters.TryFind(char.ToLowerInvariant(with), out byte control, out bool shift))
                {
                    Press(alt | TerminalModifiers.Control | (shift ? TerminalModifiers.Shift : 0), control);
                }

                break;
            default:
                if (UsLetters.TryFind((char)letter, out byte code, out bool shifted))
                {
                    Press(alt | (shifted ? TerminalModifiers.Shift : 0), code);
                }

                break;
        }
    }

    // "ESC [" or "ESC O", parameters, and a last byte that says what it is; returns the bytes after the introducer.
    private int Sequence(ReadOnlySpan<byte> rest, bool isShort)
    {
        // The Linux console sends F1 to F5 as "ESC [ [ A" to "ESC [ [ E".
        if (!isShort && rest[0] == (byte)'[' && rest.Length > 1)
        {
            Function(rest[1] - 'A' + 1, TerminalModifiers.None);
            return 2;
        }

        int first = 0;
        int last = 0;
        for (int i = 0; i < Math.Min(rest.Length, MaxSequence); i++)
        {
            switch (rest[i])
            {
                case >= (byte)'0' and <= (byte)'9':
                    last = Math.Min((last * 10) + rest[i] - '0', 999);
                    break;
                case (byte)';':
                    (first, last) = (last, 0);
                    break;
                case >= 0x40 and <= 0x7E:
                    bool hasTwo = rest[..i].Contains((byte)';');
                    End((char)rest[i], hasTwo ? first : last, hasTwo ? Modifiers(last) : TerminalModifiers.None);
                    return i + 1;
                case >= 0x20 and < 0x40:
                    break;
                default:
                    // Not part of a sequence.
                    return i;
            }
        }

        return Math.Min(rest.Length, MaxSequence);
    }

    private void End(char final, int number, TerminalModifiers modifiers)
    {
        switch (final)
        {
            case 'A':
                Press(modifiers, 0xC8);
                break;
            case 'B':
                Press(modifiers, 0xD0);
                break;
            case 'C':
                Press(modifiers, 0xCD);
                break;
            case 'D':
                Press(modifiers, 0xCB);
                break;
            case 'E':
                Press(modifiers, 0x4C);
                break;
            case 'F':
                Press(modifiers, 0xCF);
                break;
            case 'H':
                Press(modifiers, 0xC7);
                break;
            case 'M':
                Press(modifiers, 0x9C);
                break;
            case >= 'P' and <= 'S':
                Function(final - 'P' + 1, modifiers);
                break;
            case 'Z':
                Press(modifiers | TerminalModifiers.Shift, 0x0F);
                break;
            case '~':
                Numbered(number, modifiers);
                break;
            default:
                break;
        }
    }

    private void Numbered(int number, TerminalModifiers modifiers)
    {
        byte code = number switch
        {
            1 or 7 => 0xC7,
            2 => 0xD2,
            3 => 0xD3,
            4 or 8 => 0xCF,
            5 => 0xC9,
            6 => 0xD1,
            _ => 0,
        };
        if (code != 0)
        {
            Press(modifiers, code);
            return;
        }

        // 11 to 15, 17 to 21, 23 and 24: gaps where the VT220 had gaps between its keys.
        Function(number switch { >= 11 and <= 15 => number - 10, >= 17 and <= 21 => number - 11, 23 or 24 => number - 12, _ => 0 }, modifiers);
    }

    private void Function(int number, TerminalModifiers modifiers)
    {
        if (number is >= 1 and <= 12)
        {
            Press(modifiers, (byte)(number <= 10 ? 0x3A + number : 0x57 + number - 11));
        }
    }

    // xterm: one more than the sum of Shift 1, Alt 2, Control 4.
    private static TerminalModifiers Modifiers(int parameter) => parameter is >= 2 and <= 8 ? (TerminalModifiers)(parameter - 1) : TerminalModifiers.None;

    private void Press(TerminalModifiers modifiers, byte code)
    {
        Hold(modifiers, true);
        _input.Key(new KeyCode(code), true);
        _input.Key(new KeyCode(code), false);
        Hold(modifiers, false);
    }

    private void Hold(TerminalModifiers modifiers, bool isDown)
    {
        const byte LeftShift = 0x2A;
        const byte LeftControl = 0x1D;
        const byte LeftAlt = 0x38;
        Span<(TerminalModifiers Modifier, byte Code)> all =
            [(TerminalModifiers.Control, LeftControl), (TerminalModifiers.Alt, LeftAlt), (TerminalModifiers.Shift, LeftShift)];
        if (!isDown)
        {
            all.Reverse();
        }

        foreach ((TerminalModifiers modifier, byte code) in all)
        {
            if ((modifiers & modifier) != 0)
            {
                _input.Key(new KeyCode(code), isDown);
            }
        }
    }
}
