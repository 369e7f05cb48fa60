using System.Collections.Generic;
using System.Text.RegularExpressions;

namespace Doppel.Architecture.Tests;

/// <summary>
/// Every use of pointers stands under a <c>// SAFETY:</c> note. A note before a top-level type covers the whole type; else every run of members
/// that use pointers, one after the other, has a note in one of them. A type that says <c>unsafe</c> has a note somewhere.
/// </summary>
internal static partial class UnsafeRule
{
    internal const string Note = "SAFETY:";

    internal static IEnumerable<string> Violations(SourceFile file)
    {
        if (!UnsafeWord().IsMatch(file.Code) && !Pointer().IsMatch(file.Code))
        {
            yield break;
        }

        foreach (TypeSpan type in TypeSpan.Of(file))
        {
            string head = file.Raw[type.Start..type.BodyStart];
            bool marked = UnsafeWord().IsMatch(file.Code[type.Start..type.BodyStart]);
            bool used = false;
            MemberSpan? run = null;
            bool noted = head.Contains(Note, System.StringComparison.Ordinal);
            bool runNoted = false;
            foreach (MemberSpan member in type.Members)
            {
                string code = file.Code[member.Start..member.End];
                if (UnsafeWord().IsMatch(code) || Pointer().IsMatch(code))
                {
                    used = true;
                    run ??= member;
                    runNoted |= file.Raw[member.Start..member.End].Contains(Note, System.StringComparison.Ordinal);
                    continue;
                }

                if (run is not null && !noted && !runNoted)
                {
                    yield return Missing(file, run);
                }

                run = null;
                runNoted = false;
            }

            if (run is not null && !noted && !runNoted)
            {
                yield return Missing(file, run);
            }

            if (marked && !used && !file.Raw[type.Start..type.End].Contains(Note, System.StringComparison.Ordinal))
            {
                yield return $"{file.Path}:{file.LineOf(type.BodyStart)}: says unsafe without a // SAFETY: note";
            }
        }
    }

    private static string Missing(SourceFile file, MemberSpan run) => $"{file.Path}:{file.LineOf(run.FirstCode)}: uses pointers without a // SAFETY: note";

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex UnsafeWord();

    // Pointer types (byte* p, delegate*), addresses, member access through a pointer, fixed statements, and the classes that step around the type system.
    [GeneratedRegex(@"\b(void|byte|sbyte|short|ushort|int|uint|long|ulong|nint|nuint|char|float|double|bool)\s?\*|\bdelegate\*|->|\bfixed\s*\(|\bUnsafe\.|\bMemoryMarshal\.(Get|Create|AsRef)|\bNativeMemory\.|[=(,>?:]\s*&[A-Za-z_]|\b[A-Z]\w*\*\s*[\w)(&]+\s*[=;,)]", RegexOptions.ExplicitCapture)]
    private static partial Regex Pointer();
}
