// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDisputeManager} from "../../../src/interfaces/IDisputeManager.sol";
import {Terms} from "../../../src/types/Lease.sol";
import {Court} from "../../utils/Court.sol";

contract AddEvidenceTest is Court {
    string private constant WHERE = "ipfs://samples";

    function test_RevertWhen_NotOpen() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        vm.prank(operator);
        disputes.concede(dispute, terms);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDisputeManager.DisputeNotOpen.selector, dispute, IDisputeManager.DisputeState.Conceded
            )
        );
        vm.prank(tenant);
        disputes.addEvidence(dispute, terms, 0, WHERE);
    }

    function test_RevertWhen_TheTermsAreOthers() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        terms.tenant = stranger;
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.TermsDiffer.selector, id));
        vm.prank(stranger);
        disputes.addEvidence(dispute, terms, 0, WHERE);
    }

    function test_RevertWhen_TheTextIsTooLong() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.TextTooLong.selector, 257, 256));
        vm.prank(tenant);
        disputes.addEvidence(dispute, terms, 0, string(new bytes(257)));
        vm.prank(tenant);
        disputes.addEvidence(dispute, terms, 0, string(new bytes(256)));
    }

    function test_RevertWhen_NotAParty() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.NotParty.selector, stranger));
        vm.prank(stranger);
        disputes.addEvidence(dispute, terms, 0, WHERE);
    }

    function test_ByAParty() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        vm.prank(tenant);
        manager.setSessionKey(sessionKey, true);
        address[5] memory callers = [tenant, sessionKey, provider, operator, arbiter];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectEmit(address(disputes));
            emit IDisputeManager.EvidenceAdded(dispute, callers[i], "digest", WHERE);
            vm.prank(callers[i]);
            disputes.addEvidence(dispute, terms, "digest", WHERE);
        }
        _changeSpec(id, terms);
        vm.prank(operator);
        disputes.addEvidence(dispute, terms, "digest", WHERE);
    }

    function test_Constructor_RevertWhen_NotAManagerOfTheVault() external {
        vm.expectRevert(abi.encodeWithSelector(IDisputeManager.NotManagerOf.selector, address(vault)));
        this.deploy();
    }

    function deploy() external {
        bytes memory code = bytes.concat(vm.getCode("DisputeManager.sol:DisputeManager"), abi.encode(address(manager)));
        assembly ("memory-safe") {
            if iszero(create(0, add(code, 0x20), mload(code))) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }
}
