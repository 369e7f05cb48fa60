using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Doppel.Cli.Reporting;
using Doppel.Machine.Replay;

namespace Doppel.Cli.Running;

/// <summary>Reads what stands behind <c>--input-at</c>: a count of instructions, a colon, and text with the escapes of C.</summary>
internal static class ScriptText
{
    /// <summary>The input for the first serial port; throws the usage error otherwise.</summary>
    internal static ScriptedInput Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string digits = colon < 0 ? string.Empty : text[..colon].Replace("_", string.Empty, StringComparison.Ordinal);
        if (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong instruction))
        {
            throw CliException.Usage($"--input-at: \"{Printable.Line(text)}\" does not begin with an instruction count and a colon; write for example 3000000000:uname\\r");
        }

        byte[] bytes = Unescape(text[(colon + 1)..]);
        return bytes.Length != 0 ? new ScriptedInput(instruction, 0, bytes) : throw CliException.Usage($"--input-at: \"{Printable.Line(text)}\" types nothing");
    }

    private static byte[] Unescape(string text)
    {
        List<byte> bytes = [];
        for (int i = 0; i < text.Length; i++)
        {
            int plain = text.IndexOf('\\', i);
            plain = plain < 0 ? text.Length : plain;
            bytes.AddRange(Encoding.UTF8.GetBytes(text[i..plain]));
            if (plain == text.Length)
            {
                break;
            }

            i = plain + 1;
            char letter = i < text.Length ? text[i] : '\0';
            switch (letter)
            {
                case 'n':
                    bytes.Add((byte)'\n');
                    break;
                case 'r':
                    bytes.Add((byte)'\r');
                    break;
                case 't':
                    bytes.Add((byte)'\t');
                    break;
                case '\\':
                    bytes.Add((byte)'\\');
                    break;
                case 'x' when i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value):
                    bytes.Add(value);
                    i += 2;
                    break;
                default:
                    throw CliException.Usage($"--input-at: \"\\{Printable.Line(letter == '\0' ? string.Empty : letter.ToString())}\" is none of \\n \\r \\t \\\\ \\xNN");
            }
        }

        return [.. bytes];
    }
}
