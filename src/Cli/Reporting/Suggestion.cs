using System;
using System.Collections.Generic;

namespace Doppel.Cli.Reporting;

/// <summary>Finds what a mistyped word was meant to be.</summary>
internal static class Suggestion
{
    private const int MaxLength = 40;

    /// <summary>; did you mean "X"? when a choice is near, else nothing.</summary>
    internal static string For(string typed, IEnumerable<string> choices)
    {
        string? nearest = Nearest(typed, choices);
        return nearest is null ? string.Empty : $"; did you mean \"{nearest}\"?";
    }

    internal static string? Nearest(string typed, IEnumerable<string> choices)
    {
        if (typed.Length is 0 or > MaxLength)
        {
            return null;
        }

        string? nearest = null;
        int best = Math.Max(2, typed.Length / 3) + 1;
        foreach (string choice in choices)
        {
            int distance = Distance(typed, choice);
            if (choice.StartsWith(typed, StringComparison.OrdinalIgnoreCase) && typed.TrimStart('-').Length >= 2)
            {
                distance = Math.Min(distance, 2);
            }

            if (distance < best && distance < choice.Length)
            {
                best = distance;
                nearest = choice;
            }
        }

        return nearest;
    }

    /// <summary>Levenshtein's edit distance, letter case ignored.</summary>
    internal static int Distance(string a, string b)
    {
        int[] previous = new int[b.Length + 1];
        int[] current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                current[j] = Math.Min(previous[j - 1] + change, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
