using System.Collections.Generic;

namespace Doppel.Architecture.Tests;

/// <summary>A member's text, from the end of what stands before it; comments before it belong to it.</summary>
internal sealed record MemberSpan(int Start, int FirstCode, int End);

/// <summary>A top-level type of a file with its members, found by counting braces in the blanked text.</summary>
internal sealed record TypeSpan(int Start, int BodyStart, int End, IReadOnlyList<MemberSpan> Members)
{
    internal static IEnumerable<TypeSpan> Of(SourceFile file)
    {
        string code = file.Code;
        int start = 0;
        int at = 0;
        while (at < code.Length)
        {
            if (code[at] == ';')
            {
                start = at + 1; // using, file-scoped namespace, or a type without a body
            }
            else if (code[at] == '{')
            {
                int end = MatchingBrace(code, at);
                yield return new TypeSpan(start, at, end, MembersOf(code, at + 1, end));
                start = end + 1;
                at = end;
            }

            at++;
        }
    }

    private static List<MemberSpan> MembersOf(string code, int from, int to)
    {
        List<MemberSpan> members = [];
        int start = from;
        bool lastWasField = false;
        for (int at = from; at < to; at++)
        {
            bool field = code[at] == ';';
            if (code[at] is '(' or '[')
            {
                at = MatchingBrace(code, at);
                continue;
            }

            if (code[at] == '{')
            {
                at = MatchingBrace(code, at);

                // "{ get; } = x;" and "= new() { ... };" go on to their semicolon.
                int next = at + 1;
                while (next < to && char.IsWhiteSpace(code[next]))
                {
                    next++;
                }

                if (next < to && code[next] is '=' or ';' or ',' or '.' or ')')
                {
                    at = next - 1;
                    continue;
                }
            }
            else if (!field)
            {
                continue;
            }

            if (field && lastWasField)
            {
                members[^1] = members[^1] with { End = at + 1 };
            }
            else
            {
                int first = start;
                while (first < at && char.IsWhiteSpace(code[first]))
                {
                    first++;
                }

                members.Add(new MemberSpan(start, first, at + 1));
            }

            lastWasField = field;
            start = at + 1;
        }

        return members;
    }

    private static int MatchingBrace(string code, int open)
    {
        int depth = 0;
        for (int at = open; at < code.Length; at++)
        {
            if (code[at] is '{' or '(' or '[')
            {
                depth++;
            }
            else if (code[at] is '}' or ')' or ']' && --depth == 0)
            {
                return at;
            }
        }

        return code.Length - 1;
    }
}
