using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using Doppel.Machine;

namespace Doppel.Guests.Tests;

/// <summary>
/// Debian saved at random instants of its boot, each restored in a process of its own. DOPPEL_INSTANTS (20) says how many, DOPPEL_END (200,000,000)
/// up to which instruction, DOPPEL_SEED which: a night's run takes 200 up to 5,000,000,000, where commands run.
/// </summary>
public sealed class SnapshotTests
{
    [Theory]
    [InlineData("debian")]
    [InlineData("debian64")]
    public void A_fresh_process_goes_on_as_if_the_guest_was_never_stopped(string guest)
    {
        int instants = (int)Setting("DOPPEL_INSTANTS", 20) / 2;
        ulong end = (ulong)Setting("DOPPEL_END", 200_000_000);
        MachineSpec spec = GuestSession.SpecOf(guest) with { Deterministic = true, HashAt = end };
        Random random = new((int)Setting("DOPPEL_SEED", 1));
        string file = Path.Combine(Path.GetTempPath(), $"doppel-{Environment.ProcessId}-{guest}.snap");
        Dictionary<ulong, string> hashes = [];
        try
        {
            using VirtualMachine machine = new(spec);
            foreach (ulong instant in Enumerable.Range(0, instants).Select(_ => (ulong)random.NextInt64(1, (long)end)).Order())
            {
                machine.StopAt = instant;
                Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
                machine.SaveSnapshot(file);
                hashes.Add(instant, Restored(file, end));
            }

            string expected = machine.Run().Report;
            Assert.Equal(64, expected.Length);
            Assert.All(hashes, hash => Assert.Equal(expected, hash.Value));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Restored(string file, ulong end)
    {
        ProcessStartInfo start = new("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardInput = true, RedirectStandardError = true };
        foreach (string word in (string[])[Path.Combine(AppContext.BaseDirectory, "doppel.dll"), "run", "--restore", file, "--serial", "none", "--quiet", "--hash-at", end.ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(word);
        }

        using Process process = Process.Start(start)!;
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        string hash = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return hash;
    }

    private static long Setting(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : otherwise;
}
