using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Doppel.Cli.Reporting;

/// <summary>Text with the escapes \n, \r, \t, \\ and \xNN, as keys to be typed are written.</summary>
internal static class EscapedText
{
    /// <summary>The bytes that <paramref name="text"/> stands for; throws the usage error, which begins with <paramref name="where"/>.</summary>
    internal static byte[] Read(string text, string where)
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
                    throw CliException.Usage($"{where}\"\\{Printable.Line(letter == '\0' ? string.Empty : letter.ToString())}\" is none of \\n \\r \\t \\\\ \\xNN");
            }
        }

        return [.. bytes];
    }
}
