using System;
using System.IO;
using Doppel.Machine;

namespace Doppel.Cli.Tests;

/// <summary>What <c>--restore</c>, <c>--snapshot</c> and <c>doppel snapshot</c> say to mistakes.</summary>
public sealed class SnapshotTests
{
    [Theory]
    [InlineData("run debian --snapshot-at 5", "--snapshot-at needs --snapshot FILE")]
    [InlineData("run debian --restore FILE", "leave out \"debian\"")]
    [InlineData("run --restore FILE --memory 1G", "--memory cannot be changed in a snapshot")]
    [InlineData("run --restore FILE --cpu max", "--cpu cannot be changed in a snapshot")]
    [InlineData("run --restore FILE --kernel FILE", "--kernel cannot be changed in a snapshot")]
    [InlineData("run --restore FILE --append x", "--append cannot be changed in a snapshot")]
    [InlineData("run --restore FILE", "this is not a snapshot of a machine")]
    [InlineData("run debian --snapshot ", "--snapshot needs the name of a file")]
    public void Contradictions_are_usage_errors_in_one_line(string line, string words)
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("some.file", "not a snapshot"u8.ToArray());
        InProcess.Run(Array.ConvertAll(line.Split(' '), word => word == "FILE" ? file : word)).IsOneLine(2, words);
    }

    [Fact]
    public void A_missing_snapshot_is_not_found()
    {
        InProcess.Run("run", "--restore", "/no/such/file.snap").IsOneLine(3, "--restore: no file /no/such/file.snap");
    }

    [Fact]
    public void Damaged_memory_of_a_snapshot_fails_the_run_whatever_the_guest_did()
    {
        using TemporaryFolder folder = new();
        string path = folder.At("machine.snap");
        byte[] kernel = new byte[64];
        uint[] header = [0x1BAD_B002, 1 << 16, unchecked(0U - 0x1BAD_B002 - (1 << 16)), 0x10_0000, 0x10_0000, 0, 0, 0x10_0020];
        Buffer.BlockCopy(header, 0, kernel, 0, 32);
        ((ReadOnlySpan<byte>)[0x90, 0x66, 0xBA, 0xF4, 0x00, 0xB0, 7, 0xEE, 0xF4]).CopyTo(kernel.AsSpan(32));
        using (VirtualMachine machine = new(new MachineSpec { Kernel = kernel, MemoryBytes = 4 << 20, Deterministic = true }))
        {
            machine.StopAt = 1;
            Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
            machine.SaveSnapshot(path);
        }

        Assert.Equal(7, InProcess.Run("run", "--restore", path, "--exit-from-guest", "--serial", "none").Code);
        using (FileStream file = new(path, FileMode.Open))
        {
            file.Position = 0x10000 + 0x20_0000;
            file.WriteByte(1);
        }

        InProcess damaged = InProcess.Run("run", "--restore", path, "--exit-from-guest", "--serial", "none");
        Assert.Equal(1, damaged.Code);
        Assert.Contains("does not fit its checksum", damaged.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_running_machine_is_saved_by_name_and_goes_on_and_another_process_goes_on_from_there()
    {
        using BuiltBinary doppel = new();
        ShellResult result = doppel.Shell("""
            export XDG_RUNTIME_DIR=$PWD
            $D run --kernel spin --memory 16M --serial none --name one --timeout 20 2>one.log & one=$!
            $D run --kernel spin --memory 16M --serial none --name two --timeout 20 2>/dev/null & two=$!
            until [ "$(ls doppel/run 2>/dev/null | wc -l)" = 2 ]; do sleep 0.05; done
            $D snapshot any.snap; echo "which: $?"
            $D snapshot none.snap --of three; echo "none: $?"
            $D snapshot nowhere/x.snap --of two; echo "nowhere: $?"
            $D snapshot one.snap --of one && $D snapshot two.snap --of $two
            kill $one $two; wait $one; echo "ended: $?"; wait $two
            ls doppel/run
            $D run --restore one.snap --timeout 0.3 --serial none --snapshot two.snap 2>/dev/null; echo "one: $?"
            $D run --restore two.snap --timeout 0.3 --serial none 2>/dev/null; echo "two: $?"
            """);
        Assert.Equal("which: 2\nnone: 3\nnowhere: 1\nended: 143\none: 124\ntwo: 124\n", result.Output);
        Assert.Contains("which machine? say --of NAME", result.Error, StringComparison.Ordinal);
        Assert.Contains("no machine \"three\" is running", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_killed_while_it_saves_leaves_the_old_snapshot_or_the_new_one()
    {
        using BuiltBinary doppel = new();
        ShellResult result = doppel.Shell("""
            export XDG_RUNTIME_DIR=$PWD
            $D run --kernel spin --memory 64M --serial none --timeout 0.2 --snapshot m.snap 2>/dev/null; echo "first: $?"
            for i in $(seq 15); do
                $D run --kernel spin --memory 64M --serial none --name m 2>/dev/null & vm=$!
                until [ -e doppel/run/$vm-m.sock ]; do sleep 0.02; done
                (while $D snapshot m.snap --of $vm 2>/dev/null; do :; done) & saver=$!
                sleep 0.1$((RANDOM % 10))$((RANDOM % 10))
                kill -9 $vm; wait $vm $saver
                $D run --restore m.snap --timeout 0.05 --serial none 2>/dev/null; [ $? = 124 ] || echo "broken in round $i"
            done 2>/dev/null
            ls -A | grep snap
            """);
        Assert.Equal("first: 124\nm.snap\n", result.Output);
    }
}
