using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;

namespace Doppel.Guests.Tests.Ladder;

/// <summary>
/// One line of the report on guests. The report is written into the folder that DOPPEL_LADDER names, one file a line, for tools/ladder/run to put together;
/// where it names none, nothing is written, and guests that take long are skipped.
/// </summary>
/// <param name="Row">Its place in the table; rungs of one row follow in the order of <paramref name="Name"/>.</param>
/// <param name="Name">Letters, digits and dashes: the name of its file and of its screenshot.</param>
/// <param name="Guest">The guest for people.</param>
/// <param name="Medium">What it boots from.</param>
/// <param name="Devices">What it uses of the machine.</param>
internal sealed record Rung(int Row, string Name, string Guest, string Medium, string Devices)
{
    private static string? Folder => Environment.GetEnvironmentVariable("DOPPEL_LADDER") is { Length: > 0 } folder ? folder : null;

    /// <summary>Takes more than some ten seconds: only for the report.</summary>
    internal bool IsSlow { get; init; }

    /// <summary>Whether the report shows its screen; one picture of a guest is enough.</summary>
    internal bool IsPictured { get; init; } = true;

    /// <summary>Does the test and writes how it went.</summary>
    internal void Climb(Action test)
    {
        Assert.SkipWhen(IsSlow && Folder is null, "takes long; DOPPEL_LADDER names no folder for the report");
        Stopwatch since = Stopwatch.StartNew();
        try
        {
            test();
            Note("pass", since.Elapsed);
        }
        catch (Exception e)
        {
            // The library under xunit marks a skip by these words; the type is its own.
            const string Skip = "$XunitDynamicSkip$";
            bool isSkip = e.Message.StartsWith(Skip, StringComparison.Ordinal);
            string reason = (isSkip ? e.Message[Skip.Length..] : e.Message).Split('\n')[0].Replace('|', '/');
            Note((isSkip ? "skipped: " : "**fails**: ") + reason, since.Elapsed);
            throw;
        }
    }

    /// <summary>Writes a picture of the screen for the report.</summary>
    internal void Picture(Pc pc)
    {
        if (Folder is { } folder && IsPictured)
        {
            _ = Directory.CreateDirectory(folder);
            File.WriteAllBytes(Path.Combine(folder, Name + ".png"), pc.Png());
        }
    }

    /// <summary>Writes a picture of what was there instead of what was expected.</summary>
    internal static void PictureOfFailure(Pc pc) => new Rung(0, "failure", string.Empty, string.Empty, string.Empty).Picture(pc);

    private void Note(string outcome, TimeSpan took)
    {
        if (Folder is { } folder)
        {
            _ = Directory.CreateDirectory(folder);
            string seconds = outcome == "pass" ? took.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) : "-";
            File.WriteAllText(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Row:00}-{Name}.row")), $"{Row}\t{Guest}\t{Medium}\t{Devices}\t{seconds}\t{outcome}\t{Name}\n");
        }
    }
}
