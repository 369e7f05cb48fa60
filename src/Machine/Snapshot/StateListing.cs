using System;
using System.IO;
using Doppel.Primitives;

namespace Doppel.Machine.Snapshot;

/// <summary>Writes a state stream as text, one item a line, indented by nesting: for people, and for comparing two states line by line.</summary>
public static class StateListing
{
    private const int ShownBytes = 32;

    /// <summary>Lists <paramref name="stream"/>; it need not be sealed rightly. Of long byte fields the start and the SHA-256 are shown.</summary>
    /// <exception cref="StateFormatException">The stream is damaged; what came before is listed.</exception>
    public static void Write(ReadOnlyMemory<byte> stream, TextWriter to)
    {
        StateCursor at = new(stream);
        if (at.Left < StateFormat.Magic.Length || !at.Take((ulong)StateFormat.Magic.Length).SequenceEqual(StateFormat.Magic))
        {
            throw new StateFormatException("not a saved state: the magic is missing");
        }

        int depth = 0;
        while (true)
        {
            StateTag tag = at.Tag();
            if (tag == StateTag.Seal)
            {
                return;
            }

            if (tag == StateTag.End)
            {
                depth = depth > 0 ? depth - 1 : throw at.Damage("the end of a record that was never opened");
                continue;
            }

            string line = new string(' ', 2 * depth) + at.Name() + " ";
            if (tag == StateTag.Begin && depth++ == StateFormat.MaxNesting)
            {
                throw at.Damage("records nest too deep");
            }

            to.WriteLine(line + Value(ref at, tag));
        }
    }

    private static string Value(ref StateCursor at, StateTag tag)
    {
        switch (tag)
        {
            case StateTag.Begin:
                return $"(version {at.Number()})";
            case StateTag.Unsigned:
                return $"= 0x{at.Number():X}";
            case StateTag.Signed:
                return $"= {StateFormat.Unfold(at.Number())}";
            case StateTag.Bool:
                return at.Truth() ? "= yes" : "= no";
            default:
                ReadOnlySpan<byte> bytes = at.Take(at.Number());
                return bytes.Length <= ShownBytes
                    ? $"= {Convert.ToHexString(bytes)}"
                    : $"= {Convert.ToHexString(bytes[..ShownBytes])}... ({bytes.Length} bytes, SHA-256 {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes))})";
        }
    }
}
