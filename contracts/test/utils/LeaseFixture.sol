// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../src/interfaces/ILeaseManager.sol";
import {CloseReason, Credit, Lease, LeaseState, Terms, UsageReceipt} from "../../src/types/Lease.sol";
import {Fixture} from "./Fixture.sol";

/// @title Leases on any terms: the test is the market and the judges, and computes what is owed once more.
abstract contract LeaseFixture is Fixture {
    uint256 internal constant SESSION_KEY = 0x5E5510;
    address internal sessionKey = vm.addr(SESSION_KEY);
    address internal author = address(0xA99);
    uint256 private _count;

    function _default() internal view returns (Terms memory) {
        return _terms(_offer(), _request());
    }

    function _copy(Terms memory terms) internal pure returns (Terms memory) {
        return abi.decode(abi.encode(terms), (Terms));
    }

    /// @dev What the market does in a match.
    function _open(Terms memory terms, uint96 deposit) internal returns (bytes32 id) {
        id = keccak256(abi.encode("lease", ++_count));
        vm.startPrank(address(market));
        manager.hold(terms.token, terms.payer, deposit, id, "");
        manager.open(id, terms, deposit, "request", "offer", 0);
        vm.stopPrank();
    }

    function _run(Terms memory terms, uint96 deposit) internal returns (bytes32 id) {
        id = _open(terms, deposit);
        vm.prank(terms.provider);
        manager.activate(id, terms);
    }

    function _run(Terms memory terms) internal returns (bytes32 id) {
        return _run(terms, DEPOSIT);
    }

    function _close(address caller, bytes32 id, Terms memory terms) internal {
        vm.prank(caller);
        manager.close(id, terms, CloseReason.None);
    }

    function _collect(bytes32 id, Terms memory terms) internal returns (uint96) {
        vm.prank(stranger);
        return manager.collect(id, terms);
    }

    function _final(bytes32 id, uint32 seq, uint64 seconds_) internal view returns (UsageReceipt memory receipt) {
        receipt = _receipt(id, seq, seconds_);
        receipt.isFinal = true;
    }

    function _agree(uint256 key, UsageReceipt memory receipt) internal view returns (bytes memory) {
        return _sign(key, manager.receiptHash(receipt));
    }

    // What is expected.

    function _expectRevert(bytes4 why, bytes32 id) internal {
        vm.expectRevert(abi.encodeWithSelector(why, id));
    }

    function _expectState(bytes32 id, LeaseState state) internal {
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.StateWrong.selector, id, state));
    }

    function _expectSkip(bytes32 id, bytes4 why) internal {
        vm.expectEmit(address(manager));
        emit ILeaseManager.SettlementSkipped(id, why);
    }

    function _expectClosing(bytes32 id, CloseReason reason, uint40 endsAt) internal {
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseClosing(id, provider, reason, endsAt);
    }

    function _expectClosed(bytes32 id, CloseReason reason, uint256 claimed, uint256 refund, uint256 fee) internal {
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeaseClosed(id, provider, reason, uint96(claimed), uint96(refund), uint96(fee));
    }

    // What is on record.

    function _lease(bytes32 id) internal view returns (Lease memory) {
        return manager.lease(id);
    }

    function _pending(bytes32 id) internal view returns (uint256) {
        Lease memory l = manager.lease(id);
        return uint256(l.pendingOld) + l.pendingNew;
    }

    function _paid(bytes32 id) internal view returns (uint256) {
        Lease memory l = manager.lease(id);
        return uint256(l.claimed) - l.pendingOld - l.pendingNew - l.frozen - l.disallowed;
    }

    function _sliced() internal view returns (uint256) {
        return registry.stakePool(provider, address(token)).sliced;
    }

    function _nobody() internal pure returns (Credit[] memory) {
        return new Credit[](0);
    }

    /// @dev What the provider gets of the first `gross` of a lease without royalty.
    function _net(uint256 gross) internal pure returns (uint256) {
        return gross - gross * FEE_BPS / 10_000;
    }

    function _assertState(bytes32 id, LeaseState state) internal view {
        vm.assertEq(uint256(manager.lease(id).state), uint256(state), "state");
    }
}
