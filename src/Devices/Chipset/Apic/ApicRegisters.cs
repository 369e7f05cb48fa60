namespace Doppel.Devices.Chipset.Apic;

/// <summary>Delivery modes of messages and vector tables (Intel SDM vol. 3A 11.5.1 and 11.6.1; 82093AA datasheet 3.2.4).</summary>
internal enum DeliveryMode
{
    Fixed = 0,
    LowestPriority = 1,
    Smi = 2,
    Nmi = 4,
    Init = 5,
    Startup = 6,
    ExtInt = 7,
}

/// <summary>Numbers of the local APIC's registers: memory offset / 16, or MSR - 0x800 (Intel SDM vol. 3A tables 11-1 and 11-6).</summary>
internal static class ApicRegister
{
    public const int Id = 0x02;
    public const int Version = 0x03;
    public const int TaskPriority = 0x08;
    public const int ArbitrationPriority = 0x09;
    public const int ProcessorPriority = 0x0A;
    public const int Eoi = 0x0B;
    public const int RemoteRead = 0x0C;
    public const int LogicalDestination = 0x0D;
    public const int DestinationFormat = 0x0E;
    public const int SpuriousVector = 0x0F;
    public const int InService = 0x10;
    public const int TriggerMode = 0x18;
    public const int InterruptRequest = 0x20;
    public const int ErrorStatus = 0x28;
    public const int CommandLow = 0x30;
    public const int CommandHigh = 0x31;
    public const int LvtTimer = 0x32;
    public const int LvtError = 0x37;
    public const int InitialCount = 0x38;
    public const int CurrentCount = 0x39;
    public const int DivideConfiguration = 0x3E;
    public const int SelfIpi = 0x3F;
}

/// <summary>Entries of the local vector table, in register order from 0x320.</summary>
internal static class Lvt
{
    public const int Timer = 0;
    public const int Thermal = 1;
    public const int Performance = 2;
    public const int Lint0 = 3;
    public const int Lint1 = 4;
    public const int Error = 5;
    public const int Count = 6;

    public const uint Masked = 1 << 16;
    public const uint LevelTriggered = 1 << 15;
    public const uint RemoteIrr = 1 << 14;

    /// <summary>Bits that a guest can write, by entry (Intel SDM vol. 3A figure 11-8).</summary>
    public static readonly uint[] Writable = [0x7_00FF, 0x1_07FF, 0x1_07FF, 0x1_A7FF, 0x1_A7FF, 0x1_00FF];
}

/// <summary>Bits of the error status register (Intel SDM vol. 3A figure 11-9).</summary>
internal static class ApicError
{
    public const uint SendIllegalVector = 1 << 5;
    public const uint ReceiveIllegalVector = 1 << 6;
    public const uint IllegalRegister = 1 << 7;
}

/// <summary>IA32_APIC_BASE, MSR 0x1B (Intel SDM vol. 3A figure 11-26).</summary>
internal static class ApicBaseMsr
{
    public const ulong BootProcessor = 1 << 8;
    public const ulong X2Apic = 1 << 10;
    public const ulong Enabled = 1 << 11;
    public const ulong DefaultAddress = 0xFEE0_0000;
}
