using System;

namespace Doppel.Architecture.Tests;

/// <summary>Replaces comments, texts and letters of a C# file by blanks, so that plain searches see code only.</summary>
internal static class CodeText
{
    internal static string Blank(string text)
    {
        char[] code = text.ToCharArray();
        int at = 0;
        while (at < code.Length)
        {
            int end = EndOfNonCode(text, at);
            if (end == at)
            {
                at++;
                continue;
            }

            for (int i = at; i < end; i++)
            {
                if (code[i] != '\n')
                {
                    code[i] = ' ';
                }
            }

            at = end;
        }

        return new string(code);
    }

    private static int EndOfNonCode(string text, int at)
    {
        if (Has(text, at, "//"))
        {
            int end = text.IndexOf('\n', at);
            return end < 0 ? text.Length : end;
        }

        if (Has(text, at, "/*"))
        {
            int end = text.IndexOf("*/", at + 2, StringComparison.Ordinal);
            return end < 0 ? text.Length : end + 2;
        }

        if (text[at] == '\'')
        {
            return EndOfQuoted(text, at + 1, '\'', false, false);
        }

        int quote = at;
        bool verbatim = false;
        bool interpolated = false;
        while (quote < text.Length && text[quote] is '$' or '@')
        {
            verbatim |= text[quote] == '@';
            interpolated |= text[quote] == '$';
            quote++;
        }

        if (quote >= text.Length || text[quote] != '"')
        {
            return at;
        }

        if (Has(text, quote, "\"\"\""))
        {
            int quotes = 0;
            while (quote + quotes < text.Length && text[quote + quotes] == '"')
            {
                quotes++;
            }

            int end = text.IndexOf(new string('"', quotes), quote + quotes, StringComparison.Ordinal);
            return end < 0 ? text.Length : end + quotes;
        }

        return EndOfQuoted(text, quote + 1, '"', verbatim, interpolated);
    }

    private static int EndOfQuoted(string text, int at, char quote, bool verbatim, bool interpolated)
    {
        int holes = 0;
        while (at < text.Length)
        {
            char letter = text[at];
            if (holes > 0 && letter == '"')
            {
                at = EndOfNonCode(text, at);
                continue;
            }

            if (letter == '\\' && !verbatim)
            {
                at += 2;
                continue;
            }

            if (letter == quote && verbatim && at + 1 < text.Length && text[at + 1] == quote)
            {
                at += 2;
                continue;
            }

            if (letter == quote)
            {
                return at + 1;
            }

            if (interpolated && letter is '{' or '}')
            {
                bool doubled = holes == 0 && at + 1 < text.Length && text[at + 1] == letter;
                holes += doubled ? 0 : letter == '{' ? 1 : -1;
                at += doubled ? 2 : 1;
                continue;
            }

            at++;
        }

        return text.Length;
    }

    private static bool Has(string text, int at, string what) => string.CompareOrdinal(text, at, what, 0, what.Length) == 0;
}
