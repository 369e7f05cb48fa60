using System;
using System.Globalization;
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

        byte[] bytes = EscapedText.Read(text[(colon + 1)..], "--input-at: ");
        return bytes.Length != 0 ? new ScriptedInput(instruction, 0, bytes) : throw CliException.Usage($"--input-at: \"{Printable.Line(text)}\" types nothing");
    }
}
