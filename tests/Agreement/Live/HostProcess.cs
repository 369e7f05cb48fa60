using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Agreement.Tests.Live;

/// <summary>The running host stub: batches of cases in, outcomes out.</summary>
internal sealed class HostProcess : IDisposable
{
    // The host's order of registers in a signal frame, as encoding numbers.
    private static readonly int[] HostOrder = [8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 3, 2, 0, 1, 4];

    private readonly string _folder;
    private readonly SafeFileHandle _shared;
    private readonly Process _process;
    private readonly byte[] _buffer = new byte[CaseLayout.SharedLength];

    [SupportedOSPlatform("linux")]
    private HostProcess(string folder)
    {
        _folder = folder;
        string program = Path.Combine(folder, "stub");
        File.WriteAllBytes(program, HostStub.Image());
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string cases = Path.Combine(folder, "cases");
        _shared = File.OpenHandle(cases, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.SetLength(_shared, CaseLayout.SharedLength);
        ProcessStartInfo start = new(program) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(cases);
        _process = Process.Start(start)!;
    }

    /// <summary>Starts the stub, or skips the running test with the reason why this host cannot.</summary>
    internal static HostProcess StartOrSkip()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Assert.Skip("the host is no x86-64 Linux");
            throw new PlatformNotSupportedException();
        }

        string folder = Directory.CreateTempSubdirectory("doppel-live-").FullName;
        try
        {
            return new HostProcess(folder);
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            Directory.Delete(folder, true);
            Assert.Skip("the host does not run the emitted executable: " + e.Message);
            throw;
        }
    }

    /// <summary>Runs up to <see cref="CaseLayout.BatchCases"/> cases: <see cref="Begin"/> hands them over, <see cref="End"/> waits.</summary>
    internal void Run(IReadOnlyList<LiveCase> cases, LiveOutcome[] outcomes)
    {
        Begin(cases);
        End(cases.Count, outcomes);
    }

    internal void Begin(IReadOnlyList<LiveCase> cases)
    {
        for (int i = 0; i < cases.Count; i++)
        {
            Write(cases[i], _buffer.AsSpan(i * CaseLayout.InputStride, CaseLayout.InputStride));
        }

        RandomAccess.Write(_shared, _buffer.AsSpan(0, cases.Count * CaseLayout.InputStride), 0);
        Span<byte> count = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(count, cases.Count);
        _process.StandardInput.BaseStream.Write(count);
        _process.StandardInput.BaseStream.Flush();
    }

    internal void End(int count, LiveOutcome[] outcomes)
    {
        Span<byte> answer = stackalloc byte[4];
        int got = _process.StandardOutput.BaseStream.ReadAtLeast(answer, 4, throwOnEndOfStream: false);
        if (got != 4)
        {
            _process.WaitForExit(1000);
            RandomAccess.Read(_shared, answer, CaseLayout.Running);
            throw new HostStubException(_process.HasExited ? _process.ExitCode : -1, BinaryPrimitives.ReadInt32LittleEndian(answer));
        }

        Span<byte> bytes = _buffer.AsSpan(0, count * CaseLayout.OutputStride);
        RandomAccess.Read(_shared, bytes, CaseLayout.OutputsAt);
        for (int i = 0; i < count; i++)
        {
            Read(bytes.Slice(i * CaseLayout.OutputStride, CaseLayout.OutputStride), outcomes[i]);
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(2000))
        {
            _process.Kill();
        }

        _process.Dispose();
        _shared.Dispose();
        Directory.Delete(_folder, true);
    }

    private static void Write(LiveCase test, Span<byte> to)
    {
        for (int i = 0; i < 16; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(to[(CaseLayout.Registers + i * 8)..], test.Registers[i]);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(to[CaseLayout.Rip..], test.Segments.Start);
        BinaryPrimitives.WriteUInt64LittleEndian(to[CaseLayout.Flags..], test.Flags);
        BinaryPrimitives.WriteInt32LittleEndian(to[CaseLayout.Steps..], test.Repeats);
        for (int i = 0; i < 6; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(to[(CaseLayout.Selectors + i * 2)..], test.Segments.Selectors[i]);
        }

        test.WriteCode(to.Slice(CaseLayout.Code, 16));
        test.Pattern.CopyTo(to[CaseLayout.Pattern..]);
        test.Fx.CopyTo(to[CaseLayout.Fx..]);
    }

    private static void Read(ReadOnlySpan<byte> from, LiveOutcome outcome)
    {
        for (int i = 0; i < 16; i++)
        {
            outcome.Registers[HostOrder[i]] = BinaryPrimitives.ReadUInt64LittleEndian(from[(i * 8)..]);
        }

        outcome.Rip = BinaryPrimitives.ReadUInt64LittleEndian(from[(CaseLayout.HostRip * 8)..]);
        outcome.Flags = BinaryPrimitives.ReadUInt64LittleEndian(from[(CaseLayout.HostFlags * 8)..]);
        outcome.ErrorCode = BinaryPrimitives.ReadUInt32LittleEndian(from[(CaseLayout.HostError * 8)..]);
        outcome.Vector = BinaryPrimitives.ReadInt32LittleEndian(from[(CaseLayout.HostTrap * 8)..]);
        outcome.FaultAddress = BinaryPrimitives.ReadUInt64LittleEndian(from[(CaseLayout.HostCr2 * 8)..]);
        for (int i = 0; i < 6; i++)
        {
            // The kernel keeps CS and SS; the rest is as the handler found it.
            int at = i switch { 1 => CaseLayout.HostSelectors * 8, 2 => CaseLayout.HostSelectors * 8 + 6, _ => CaseLayout.OutSelectors + i * 2 };
            outcome.Selectors[i] = BinaryPrimitives.ReadUInt16LittleEndian(from[at..]);
        }

        from.Slice(CaseLayout.OutFx, 512).CopyTo(outcome.Fx);
        from.Slice(CaseLayout.OutMemory, CaseLayout.WindowLength).CopyTo(outcome.Memory);
    }
}
