using System;
using System.Runtime.InteropServices;
using Doppel.Cpu;

namespace Doppel.Agreement.Tests;

/// <summary>The FXSAVE image of a state as bytes.</summary>
internal static class FxBytes
{
    internal const int ControlWord = 0;
    internal const int StatusWord = 2;
    internal const int TagByte = 4;
    internal const int Mxcsr = 24;
    internal const int St0 = 32;
    internal const int Xmm0 = 160;

    internal static Span<byte> Of(VcpuState state) => MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref state.R.Fx, 1));
}
