using System.Collections.Generic;
using System.Text.RegularExpressions;

namespace Doppel.Architecture.Tests;

/// <summary>
/// Every use of pointers stands under a <c>// SAFETY:</c> note. A note before a top-level type covers the whole type; else every member that
/// uses pointers has its own, where fields (and body-less declarations) that follow each other count as one member.
/// A type that says <c>unsafe</c> and uses no pointer is wrong too.
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
            foreach (MemberSpan member in type.Members)
            {
                string code = file.Code[member.Start..member.End];
                if (!UnsafeWord().IsMatch(code) && !Pointer().IsMatch(code))
                {
                    continue;
                }

                used = true;
                if (!head.Contains(Note, System.StringComparison.Ordinal) && !file.Raw[member.Start..member.End].Contains(Note, System.StringComparison.Ordinal))
                {
                    yield return $"{file.Path}:{file.LineOf(member.FirstCode)}: uses pointers without a // SAFETY: note";
                }
            }

            if (marked && !used && !Pointer().IsMatch(file.Code[type.Start..type.BodyStart]))
            {
                yield return $"{file.Path}:{file.LineOf(type.BodyStart)}: says unsafe and uses no pointer";
            }
        }
    }

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex UnsafeWord();

    // Pointer types (byte* p, delegate*), member access through a pointer, fixed statements, and the classes that step around the type system.
    [GeneratedRegex(@"\b(void|byte|sbyte|short|ushort|int|uint|long|ulong|nint|nuint|char|float|double|bool)\s?\*|\bdelegate\*|->|\bfixed\s*\(|\b(Unsafe|MemoryMarshal|NativeMemory)\.|\b[A-Z]\w*\*\s*[\w)(&]+\s*[=;,)]", RegexOptions.ExplicitCapture)]
    private static partial Regex Pointer();
}
