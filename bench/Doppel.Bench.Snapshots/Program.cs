using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using Doppel.Host;
using Doppel.Machine;

namespace Doppel.Bench.Snapshots;

/// <summary>
/// Times saving, restoring and forking a machine whose guest has written to every page of its memory. Arguments: memory in MiB [512], rounds [9],
/// folder of the snapshot [the temporary one]. Milliseconds, least and median.
/// </summary>
internal static class Program
{
    private const ulong Settled = 3_000_000;

    private static int Main(string[] arguments)
    {
        long mebibytes = arguments.Length > 0 ? long.Parse(arguments[0], CultureInfo.InvariantCulture) : 512;
        int rounds = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 9;
        string file = Path.Combine(arguments.Length > 2 ? arguments[2] : Path.GetTempPath(), $"doppel-bench-{Environment.ProcessId}.snap");
        MachineSpec spec = new() { Kernel = WriterOfPages((uint)((mebibytes - 8) << 8)), MemoryBytes = mebibytes << 20, Deterministic = true };
        try
        {
            using VirtualMachine machine = new(spec);
            machine.StopAt = Settled;
            _ = machine.Run();
            Report("save", rounds, () => Time(() => machine.SaveSnapshot(file)));
            Report("restore to the first instruction", rounds, () => Restore(file));
            Report("compare all memory with its checksums", rounds, () => Verify(file));
            Report("fork, first of a machine", rounds, () => FirstFork(spec));
            using VirtualMachine first = machine.Fork(spec);
            Report("fork again", rounds, () => Fork(machine));
            Report("fork again after 1,000 pages were written", rounds, () => ForkAfterWrites(spec, 1000));
        }
        catch (HostException e)
        {
            Console.Error.WriteLine("bench: " + e.Message);
            return 1;
        }
        finally
        {
            File.Delete(file);
        }

        return 0;
    }

    private static double Restore(string file)
    {
        long began = Stopwatch.GetTimestamp();
        using SnapshotFile snapshot = SnapshotFile.Open(file);
        using VirtualMachine machine = new(snapshot, snapshot.Spec);
        machine.StopAt = machine.RetiredInstructions + 1;
        _ = machine.Run();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static double Verify(string file)
    {
        using SnapshotFile snapshot = SnapshotFile.Open(file);
        return Time(() => snapshot.Verify());
    }

    private static double FirstFork(MachineSpec spec)
    {
        using VirtualMachine machine = new(spec);
        machine.StopAt = Settled;
        _ = machine.Run();
        return Fork(machine);
    }

    private static double Fork(VirtualMachine machine)
    {
        VirtualMachine? child = null;
        double took = Time(() => child = machine.Fork(machine.Spec));
        child!.Dispose();
        return took;
    }

    private static double ForkAfterWrites(MachineSpec spec, ulong pages)
    {
        using VirtualMachine machine = new(spec);
        machine.StopAt = 1000;
        _ = machine.Run();
        using VirtualMachine first = machine.Fork(machine.Spec);
        machine.StopAt = 1000 + (pages * 3);
        _ = machine.Run();
        return Fork(machine);
    }

    private static double Time(Action action)
    {
        long began = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static void Report(string what, int rounds, Func<double> once)
    {
        double[] times = [.. Enumerable.Range(0, rounds).Select(_ => once()).Order()];
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-44} least {times[0],8:0.00} ms   median {times[rounds / 2],8:0.00} ms"));
    }

    // A multiboot kernel: mov edi, 2 MiB; mov ecx, pages; l: mov [edi], edi; add edi, 4096; loop l; jmp here.
    private static byte[] WriterOfPages(uint pages)
    {
        byte[] kernel = new byte[64];
        uint[] header = [0x1BAD_B002, 1 << 16, unchecked(0U - 0x1BAD_B002 - (1 << 16)), 0x10_0000, 0x10_0000, 0, 0, 0x10_0020];
        Buffer.BlockCopy(header, 0, kernel, 0, 32);
        byte[] code = [0xBF, 0, 0, 0x20, 0, 0xB9, .. BitConverter.GetBytes(pages), 0x89, 0x3F, 0x81, 0xC7, 0, 0x10, 0, 0, 0xE2, 0xF6, 0xEB, 0xFE];
        code.CopyTo(kernel, 32);
        return kernel;
    }
}
