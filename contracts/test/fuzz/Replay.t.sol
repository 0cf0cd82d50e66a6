// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {Terms, UsageReceipt} from "../../src/types/Lease.sol";
import {Fixture} from "../utils/Fixture.sol";

/// @dev Invariant 8: a signed receipt is good once, for its lease, manager and chain, and only as it was signed.
contract ReplayFuzz is Fixture {
    function testFuzz_08_AReceiptIsGoodOnce(uint32 seq, uint64 seconds_) external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 1000);
        UsageReceipt memory receipt = _receipt(id, uint32(bound(seq, 1, type(uint32).max)), uint64(bound(seconds_, 0, 1 << 40)));
        bytes memory signature = _sign(OPERATOR_KEY, manager.receiptHash(receipt));
        manager.settle(terms, receipt, signature);
        bytes memory why = abi.encodeWithSelector(ILeaseManager.SeqTooLow.selector, id, receipt.seq, receipt.seq);
        vm.expectRevert(why);
        manager.settle(terms, receipt, signature);
    }

    function testFuzz_08_NotAcrossChainsOrManagers(uint64 chain) external {
        (bytes32 id, Terms memory terms) = _active();
        UsageReceipt memory receipt = _receipt(id, 1, 0);
        bytes32 digest = manager.receiptHash(receipt);
        bytes memory signature = _sign(OPERATOR_KEY, digest);
        uint256 other = bound(chain, 1, type(uint64).max - 1);
        vm.assume(other != block.chainid);
        uint256 home = block.chainid;
        vm.chainId(other);
        vm.expectRevert();
        manager.settle(terms, receipt, signature);
        vm.chainId(home);

        ILeaseManager first = manager;
        setUp();
        (bytes32 id2, Terms memory terms2) = _active();
        receipt.leaseId = id2;
        bytes32 digest2 = manager.receiptHash(receipt);
        vm.assertFalse(first.receiptHash(receipt) == digest2, "digest of another manager");
        signature = _sign(OPERATOR_KEY, first.receiptHash(receipt));
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.SignatureInvalid.selector, digest2, operator));
        manager.settle(terms2, receipt, signature);
    }

    function testFuzz_08_NotAsSomethingElse(uint256 field, uint256 bit) external {
        (bytes32 id, Terms memory terms) = _active();
        (bytes32 other, Terms memory otherTerms) = _active();
        vm.warp(START + 1000);
        UsageReceipt memory receipt = _receipt(id, 8, 100);
        receipt.through = START + 500;
        bytes memory signature = _sign(OPERATOR_KEY, manager.receiptHash(receipt));
        field %= 6;
        if (field == 0) (receipt.leaseId, terms) = (other, otherTerms);
        if (field == 1) receipt.seq ^= uint32(16 << bit % 4);
        if (field == 2) receipt.through -= uint40(1 + bit % 400);
        if (field == 3) receipt.usage.gpuMilliSecondsA ^= uint64(1 << bit % 64);
        if (field == 4) receipt.evidenceRoot ^= bytes32(1 << bit % 256);
        if (field == 5) receipt.isFinal = true;
        bytes4 why = ILeaseManager.SignatureInvalid.selector;
        vm.expectRevert(abi.encodeWithSelector(why, manager.receiptHash(receipt), operator));
        manager.settle(terms, receipt, signature);
    }
}
