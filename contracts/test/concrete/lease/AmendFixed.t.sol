// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {Amendment, Terms} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

/// @dev Each of the 39 words of the Terms: it may change, or the amendment is refused by the name of its field.
contract AmendFixedTest is LeaseFixture {
    bytes32 private id;
    Terms private terms;

    function setUp() public override {
        super.setUp();
        (id, terms) = _active();
        vm.warp(START + 1000);
    }

    function test_EachFixedField() external {
        // In the order of the struct; empty: may change.
        string[39] memory names = [
            "tenant",
            "payer",
            "provider",
            "token",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "startFee",
            "",
            "reservationFee",
            "",
            "",
            "activateBy",
            "downtimeBps",
            "arbiter",
            "royaltyTo",
            "royaltyBps",
            "callback",
            "submitSeconds",
            "maturitySeconds",
            "rulingSeconds",
            "feeBps",
            "",
            "",
            "disputeBond",
            "arbiterFee",
            "bounty"
        ];
        for (uint256 i = 0; i < 39; ++i) {
            Terms memory changed = _flipped(i);
            Amendment memory a = _amendment(id, terms, changed, 1, 100);
            bytes32 digest = manager.amendmentHash(a);
            (bytes memory x, bytes memory y) = (_sign(TENANT_KEY, digest), _sign(OPERATOR_KEY, digest));
            if (bytes(names[i]).length != 0) {
                vm.expectRevert(abi.encodeWithSelector(ILeaseManager.TermFixed.selector, names[i]));
                manager.amend(terms, changed, a, x, y);
                continue;
            }
            uint256 snapshot = vm.snapshotState();
            manager.amend(terms, changed, a, x, y);
            vm.assertEq(_lease(id).termsHash, a.newTerms, "changed");
            vm.revertToState(snapshot);
        }
    }

    /// @dev The lowest bit of one word.
    function _flipped(uint256 word) private view returns (Terms memory) {
        bytes memory raw = abi.encode(terms);
        uint256 at_ = 31 + 32 * word;
        raw[at_] = bytes1(uint8(raw[at_]) ^ 1);
        return abi.decode(raw, (Terms));
    }

    /// @dev Nobody can read such terms again: a lease with their hash could never be closed.
    function test_RevertWhen_AWordIsDirty() external {
        for (uint256 i = 5; i < 36; ++i) {
            bytes memory raw = abi.encode(terms);
            raw[32 * i] = 0x80;
            bool free = i < 19 || i == 20 || i == 22 || i == 23 || i > 33;
            if (!free || i == 11 || i == 12) continue; // fixed; GPU classes are whole words
            Amendment memory a = _amendment(id, terms, terms, 1, 100);
            a.newTerms = keccak256(raw);
            bytes32 digest = manager.amendmentHash(a);
            bytes memory call = abi.encodeCall(
                manager.amend, (terms, terms, a, _sign(TENANT_KEY, digest), _sign(OPERATOR_KEY, digest))
            );
            for (uint256 k = 0; k < raw.length; ++k) {
                call[4 + 1248 + k] = raw[k];
            }
            (bool ok,) = address(manager).call(call);
            vm.assertFalse(ok, "dirty word");
        }
    }
}
