<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US">
<context>
    <name>FinetuneTab</name>
    <message>
        <source>Correction library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No library is open.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a folder that holds a library of corrected cases.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Begin a library in a new or an empty folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>FLAIR volume:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The FLAIR volume whose mask was corrected.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>FLAIR volume of the case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segmentation:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The corrected mask. Its segment “Other pathology”, if there is one, is kept as label 2 and left out of training and figures.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segmentation of the case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segment:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The segment of the white matter hyperintensities.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segment of the white matter hyperintensities</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Patient:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A word of your own for whose scan this is, the same for all scans of one patient. Do not write a name. Empty: a random one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>random</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Role:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training cases are learnt from. Held-out cases are only measured on. A patient has one role for all scans.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Role</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kept with the case. Do not write what identifies a person.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add corrected case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy FLAIR and mask into the library. A scan that is there already gets the new mask.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Progress</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Message of the library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cases of the library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load the chosen case&apos;s FLAIR and mask into the scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change the role of the chosen case&apos;s patient.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exclude</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep the chosen case, but neither train nor measure on it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move the chosen case to the library&apos;s trash.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The patient of the chosen case. A patient keeps its role for life.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Patient of the chosen case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The note of the chosen case. Do not write what identifies a person.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note of the chosen case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep patient and note of the chosen case as they are written here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change patient and note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Empty trash…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the removed cases for good. Asked before it is done.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Empty the trash</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show trash</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the removed cases instead, to restore them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take in the cases of an exported library, a folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import zip…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take in the cases of an exported library, a zip file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import zip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write the cases in use to a zip file, or to a new folder when the name does not end with .zip.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export the library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Base model:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model to go on from. Its file is not changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Base model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New model&apos;s name:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the new model is called.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name of the new model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Effort:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How long to train: quick to try, usual, or thorough.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Effort</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>VGG19 weights:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>VGG19 weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loss:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is made small: the content loss compares VGG19 features of predicted and drawn masks.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Epochs:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Epochs of training.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Epochs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as the effort says</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Batches an epoch:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Batches in each epoch.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Batches an epoch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slices a batch:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slices in each batch; fewer need less memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slices a batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Learning rate:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Adam&apos;s learning rate at the start.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rotation (°):</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forget less of other scanners: the bundled simulated head is learnt from as well, and half of the base model&apos;s weights stay in the new one&apos;s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Guard against forgetting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to base model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bundled models and your own, with what they were made from. Choose one to see its card, two to compare their figures.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The card of the chosen model, or the figures of two beside each other. Text can be marked and copied.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Card of the chosen model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stage and time left (s or min).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Each case with its mask in outline, its role, its lesion volume (ml) and PCD (%).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make it held out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The VGG19 features that the content loss compares images by, and the input that they expect. Needed for the content loss alone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fetch torchvision&apos;s VGG19 (575 MB) once; 1 MB of it is kept on this computer. Asked before it begins.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download the VGG19 weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take the VGG19 weights from a file, for computers without a network: .npz, .safetensors or .pth.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a file of VGG19 weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Their input:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which images the VGG19 in the chosen file was trained on; who published it says so.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Input of the VGG19 weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take the chosen file with this input.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use the chosen file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slices are turned at random by up to this angle (degrees), either way.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rotation (°)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seed:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The same seed and cases give the same model on the same computer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the training runs. auto takes a graphics card where there is one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device of the training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Estimate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find out how long it takes here, from a few real steps.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Estimate the time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Train</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Train the new model. You can go on segmenting meanwhile.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End it at once; nothing is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel the training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Message of the training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Curve of the training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Curve in words</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show in plot view</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the curve in Slicer&apos;s plot view.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log of the training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the training worker said.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Better or not</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whether the new model is better</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Base model against new model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Each held-out case: base model → new model, and a word for the change.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the models differ most. Filled: found and drawn. Striped: missed. Dotted: false alarm. R: the patient&apos;s right.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How to read the pictures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which model is the default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep as default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make the new model the default of the tab Segment.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make the base model the default of the tab Segment again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave one out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Train once without each patient (2 to 5 of them) and compare on that one. No model is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The name that is shown for the chosen model; its file keeps its own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shown name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the chosen model under this name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Set default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make the chosen model the default of the tab Segment.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Set as default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make the model that was the default before the default again; there is none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy a model file that this program wrote to your models.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the chosen model&apos;s file to another place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the chosen model of your own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Message of the models</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>InstallDialog</name>
    <message>
        <source>Install what WMHSiameseSeg needs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What will be installed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download the packages and install them into Slicer&apos;s Python.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use a folder of wheels…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install from wheel files (.whl) in a folder, without a network.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use a folder of wheels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install nothing.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PackagesDialog</name>
    <message>
        <source>Python packages of WMHSiameseSeg</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Packages and their versions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install again…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take the packages away and install them again, where they are broken.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Install again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Uninstall…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove the packages that this module has installed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Uninstall</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change nothing.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SegmentTab</name>
    <message>
        <source>Volume and model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>FLAIR volume:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The FLAIR volume to segment. It is read in its own voxels and never changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>FLAIR volume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segmentation:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the mask goes: a new segmentation, or one of the same volume. Rename it here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Output segmentation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Create a new segmentation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep an earlier result as its own segment</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A run into a segmentation that holds a result replaces that result. With this ticked, the earlier mask stays as it is and the new one is added beside it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The trained generator that finds the lesions.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a model file (.safetensors) that this program wrote.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a model file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the network runs. auto takes a graphics card (cuda or mps) where there is one, and the processor (cpu) otherwise.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segment</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find white matter hyperintensities in the chosen FLAIR volume.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Progress</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Result</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>edited by hand</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The mask was changed by hand since it was computed; the figures are those of the changed mask.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Volume (ml):</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Voxels in the mask × volume of one voxel, in millilitres.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>—</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Volume (ml)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stage of the run and time left (s or min).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The FLAIR volume and the mask do not lie in one place any more: one of them was moved, cropped or put under a transform alone. Nothing is computed or written until they do again. Take that back, do the same to the other, or segment again into a new segmentation.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PCD (%):</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Positive class density: PCD = 100 × voxels in the mask / all voxels of the volume (%). It depends on the field of view: the same lesions give a smaller PCD in a volume with more air around the head.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PCD (%)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lesions:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of separate lesions: voxels that touch by a face, an edge or a corner (26 neighbours) are one lesion.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lesions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Voxel spacing (mm):</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edges of a voxel along the volume&apos;s own three axes, in millimetres.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Voxel spacing (mm)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time (s):</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seconds that the run took in the worker.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time (s)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model that made this result, with the first digits of its SHA-256.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Threshold:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Probability (0 to 1) from which a voxel belongs to a lesion. The network is not run again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the model&apos;s own threshold and to lesions of every size.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset threshold and minimum lesion volume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Minimum lesion volume (mm³):</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lesions smaller than this, in cubic millimetres, are left out of the mask. The network is not run again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Minimum lesion volume (mm³)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> mm³</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opacity:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show or hide the mask in all views.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the mask</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opacity of the mask in all views, 0 to 1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opacity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep other masks visible</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choosing a scan shows it with its own mask and hides the others. With this ticked, the masks of other scans and other results stay as they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the lesions as surfaces in the 3D view.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show in 3D</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segment Editor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Correct the mask in the Segment Editor, with this segment and this FLAIR volume chosen. The figures follow your edits.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit in the Segment Editor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy figures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the figures to the clipboard, for a spreadsheet or a report.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export CSV…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write the figures to a CSV file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export figures as CSV</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the worker says while it runs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Packages…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The Python packages that the worker needs: versions, installing again, uninstalling.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Packages</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>WMHSiameseSeg</name>
    <message>
        <source>WMH Siamese Segmentation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Finds white matter hyperintensities in a FLAIR volume and measures their volume and positive class density (PCD). For research and teaching; not a medical device.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The network is trained with the Siamese content loss on VGG19 features.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segment</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fine-tune</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For research and teaching. Not a medical device: not for diagnosis or treatment. Volumes stay on this computer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not a medical device</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>finetune.comparison_panel</name>
    <message>
        <source>“Leave one out” compares on each of 2 to 5 training patients in turn.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make {name} the default of the tab Segment again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The tab Segment uses the new model now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The tab Segment uses the base model again.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>finetune.comparison_view</name>
    <message>
        <source>Dice</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>H95 (mm)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>AVD (%)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lesion recall</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lesion F1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Volume (ml)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PCD (%)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Figure</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Base → new</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>drawn {truth}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>same</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>better</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>worse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mean</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>finetune.difference_view</name>
    <message>
        <source>{patient}, {position}; voxels of this slice: found {hits} → {new_hits}, missed {missed} → {new_missed}, false alarms {false} → {new_false}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>finetune.training_choices</name>
    <message>
        <source>quick</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>usual</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>thorough</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>content loss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>content loss + generalised Dice</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>generalised Dice</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tversky</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dice</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a library and add corrected cases first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a base model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give the new model a name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The content loss needs the VGG19 weights. Download them, choose their file, or choose another loss under “Advanced”.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>finetune.training_curve</name>
    <message>
        <source>Epoch {epoch} of {of}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thin line: training loss {first:.4g} → {last:.4g}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thick line with points: held-out Dice {first:.3f} → {last:.3f}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No held-out cases with lesions: no Dice to watch.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training curve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fine-tuning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Epoch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loss (share of the first), Dice</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training loss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Held-out Dice</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>finetune.training_panel</name>
    <message>
        <source>A training or a download is running: stop or cancel it first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Train</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End it at the next step and keep the best so far.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Train the new model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trained: epoch {epoch} was kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped early.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelled; the new model was deleted. The library still counts it as trained.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelled; nothing was kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped before the time was measured.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped before every patient was left out once: nothing can be said.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped before the first epoch was over: nothing was kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It takes less than a minute here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It takes about {minutes} min here.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>finetune.vgg_panel</name>
    <message>
        <source>Caffe: blue, green, red; 0 to 255</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>torchvision: red, green, blue; normalised</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>None yet; the content loss needs them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download VGG19 from {host}? It has {size} MB, of which 1 MB is kept on this computer. Nothing is sent.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download VGG19?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>VGG19 weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>VGG19 weights (*.npz *.safetensors *.pth)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} does not tell which input it was trained on: choose it, then “Use”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The VGG19 weights are kept; they need not be fetched again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelled; nothing was kept.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>library.case_in_scene</name>
    <message>
        <source>{patient} FLAIR</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{patient} WMH</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>library.choice</name>
    <message>
        <source>“{name}” is kept as label 2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The segment of the white matter hyperintensities.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>library.corrected_case</name>
    <message>
        <source>The two segments were drawn on different grids. Draw both on the FLAIR volume.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose the segmentation that holds the corrected mask.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>FLAIR and segmentation are under different transforms, so that they do not match. Put both under the same one.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>library.messages</name>
    <message>
        <source>A new library. Add corrected cases to it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is left out of training and figures.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Patient {patient}: {role}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The case is in the library&apos;s trash; “Show trash” brings it back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The case is back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deleted for good: {count} cases.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exported: {count} cases.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The files of {count} cases are gone from the library&apos;s folder: {ids}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Added: patient {patient}, {role}, {volume:.2f} ml.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This scan was in the library already and has its new mask now: patient {patient}, {role}, {volume:.2f} ml.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It was a scan of patient {patient} until now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The mask was drawn on another grid and was resampled to the FLAIR&apos;s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} of its drawn voxels lie outside the FLAIR and were left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Imported: {added} new, {updated} updated, {kept} as they were.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Refused: {count}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>library.panel</name>
    <message>
        <source>The correction library is busy: wait for its end.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The library&apos;s folder is not there any more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A new or empty folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The chosen segment is empty. Add the scan as one without lesions?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No lesions?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was added.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slicer cannot read this case&apos;s files.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opened. Correct the mask and click “Add corrected case”: the case is updated.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the {count} cases in the trash for good, FLAIR and mask? They cannot be restored. What role their patients had stays known.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Empty the trash?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder of an exported library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import a library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Libraries (*.zip)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export the library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exporting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Importing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exclude</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make it {role}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>library.table</name>
    <message>
        <source>training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>held out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Patient</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Role</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Volume
(ml)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PCD
(%)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Date</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>excluded</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>models.card_text</name>
    <message>
        <source>Recipe</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trained on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Held out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>SHA-256</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Date</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its own name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Made from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no case, so no figures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cases</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Notes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{threshold}; each lesion reaches {reached} somewhere</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The cards of these models name no held-out case in common, so their figures do not tell which is better.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mean</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dice / lesion recall on the held-out cases that both cards name ({count}):</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} simulated heads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{loss} loss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{steps} steps</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{cases} + bundled head</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1 case</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} cases</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>learning rate {rate}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>drawn {percent} % of the way back to the base model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dice</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>lesion recall</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>lesion F1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>models.menu</name>
    <message>
        <source>There is no model. Open a model file (.safetensors) with the button “…”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models (*.safetensors)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model comes with this installation; open a file.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>models.panel</name>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Made from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Date</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whose</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>yours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>bundled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make {name} the default of the tab Segment again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make the model that was the default before the default again; there is none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose one model to see its card, or two to compare their figures.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The tab Segment uses {name} again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models (*.safetensors)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Imported as {name}, SHA-256 {hash}…; the card has all of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This model is here already, as “{title}” ({name}), SHA-256 {hash}….</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exported.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the model “{name}” for good?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the model?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model is in use now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deleted.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to {name}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>packages.install_dialog</name>
    <message>
        <source>Folder of wheels (.whl)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To download: {size} in all, into Slicer&apos;s own Python. This may take minutes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Without a network, choose an offline bundle, or any folder with their wheel files and those they need.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>packages.installation</name>
    <message>
        <source>Segmenting needs Python packages that Slicer does not have yet:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not installed: {names}. Click again to install what is missing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>These packages will be taken away and installed again, so that they fit:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not installed again: {names}. Nothing was changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{names} could not be taken away. {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not installed: {names}. Nothing is installed while Slicer is tested.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No folder of wheels was chosen; nothing was changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Taken away and not installed again: {names}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Still missing after the installation: {names}. Restart Slicer and try again.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>packages.needs</name>
    <message>
        <source>Python {python}, PyTorch {torch}, devices: {devices}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Installed. Click again to start.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Installed again. Click again to start.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>packages.packages_dialog</name>
    <message>
        <source>PyTorch {torch} and torchvision {torchvision} are builds that do not fit together. This module needs no torchvision, but other extensions may; “Log → Packages… → Install again…” installs both anew.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not installed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“Uninstall” removes only what this module has installed and no other package needs. Other extensions may have to install it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What segmenting needs in Slicer&apos;s own Python, and the versions found:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Installed again. Click again to start.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Uninstall these packages from Slicer&apos;s Python?

{names}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Uninstall packages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Uninstalled: {names}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>packages.pip_messages</name>
    <message>
        <source>The packages could not be installed. Check the network and its proxy, or download the wheels elsewhere and choose “Use a folder of wheels”. pip&apos;s words are in Slicer&apos;s error log.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The network&apos;s proxy did not let pip through. Set HTTPS_PROXY to the proxy&apos;s address (ask your network&apos;s administrator) and restart Slicer, or choose “Use a folder of wheels”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The network presents a certificate that Python does not know, as an inspecting proxy does. Set PIP_CERT to your organisation&apos;s certificate file and restart Slicer, or choose “Use a folder of wheels”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The disk has no room left for the packages. Free some space where Slicer is installed and where temporary files are kept, and click again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A path became too long for Windows. Install Slicer in a folder with a shorter path, such as C:\Slicer, or have long paths enabled in Windows, and click again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slicer&apos;s own folder could not be written to. Close every other Slicer window and start Slicer again; where it was installed for all users, start it once with the rights to change its folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The package index could not be reached: there seems to be no network. Connect and click again, or download the wheels elsewhere and choose “Use a folder of wheels”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A wheel is damaged or not whole. Copy or download it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no wheel that fits Python {version} on this system, or one that a package needs is missing. Download them on a computer like this one, for this Python.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>packages.requirement</name>
    <message>
        <source>about {size:.1f} GB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>about {size:.0f} MB</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>packages.source</name>
    <message>
        <source>The folder has no wheel of {names}. Download it on a computer with a network.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The disk with Slicer&apos;s Python has {free} left, and the packages need {needed}. Free some space and click again.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>panel.run_log</name>
    <message>
        <source>&lt;temporary folder&gt;</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>panel.run_progress</name>
    <message>
        <source>Checking the volume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starting the worker</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preparing slices</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Writing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Importing the result</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelling</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preparing the cases</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Comparing with the base model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drawing the largest differences</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopping; the best so far is kept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloading, MB:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{seconds} s left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{minutes} min left</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>scene.flair_checks</name>
    <message>
        <source>No volume is chosen. Load a FLAIR volume, then choose it here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is not a scalar volume. Choose a greyscale FLAIR volume.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This volume has no image data. Load it again or choose another one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is the lesion probability of an earlier run. Choose the FLAIR volume.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The chosen segmentation belongs to another volume or transform, and its segments must stay where they are. Choose “Create a new segmentation”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every voxel of this volume is NaN or infinite.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every voxel of this volume has the same value ({value:g}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No voxel is above 0 (the highest is {high:g}), so this is not a FLAIR volume.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} of {voxels} voxels are NaN or infinite. They will be treated as 0.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The volume&apos;s voxels have no size. Load it again or choose another one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The volume&apos;s axes lie in one plane, so its voxels have no volume.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This volume has {slices} axial slices; at least 3 are needed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This volume has {size} voxels along one axis; more than 1024 is not a single FLAIR scan of a head. Crop it, or choose one time point.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sagittal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>coronal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The scan is {plane}; it is segmented in axial slices of its own voxels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Voxels are {long:.1f} mm by {short:.1f} mm; they are used as they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The volume is under a transform: the mask is put under the same one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The volume is under a non-linear transform. The mask is made in the volume&apos;s own undeformed voxels and put under the same transform; its ml are those of the undeformed voxels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The volume&apos;s name says {sequence}, not FLAIR. The model knows FLAIR only.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Air is far below zero (down to {low:g}), as in CT. The model knows FLAIR only.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{share:.0%} of the volume is bright, much more than in a FLAIR of a head. The model knows FLAIR only.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This volume is already a mask or label map. Choose the FLAIR volume itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This volume has {components} values in each voxel (colour, vector or 4D).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a single greyscale FLAIR volume.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>scene.scene</name>
    <message>
        <source>{flair} WMH</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} probability</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>segment.readout_table</name>
    <message>
        <source>{name} readouts</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>segment.result_panel</name>
    <message>
        <source>This mask was edited by hand. Computing it again loses the edits. To keep them, cancel and tick “Keep an earlier result as its own segment” before a new run.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lose the edits?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The figures are on the clipboard.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export figures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CSV files (*.csv)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is a file “{name}” already. Replace it?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Replace the file?</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>segment.run</name>
    <message>
        <source>The run failed.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>segment.run_controls</name>
    <message>
        <source>Segment</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>segment.tab</name>
    <message>
        <source>A scan is being segmented: wait for its end or cancel it first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelled.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was changed: the edited mask is as it was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Segment it all the same?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Is this the volume?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not segmented.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The FLAIR volume was removed during the run.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The earlier mask was edited during the run and stays as a segment.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No lesion was found at this threshold.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>worker.client</name>
    <message>
        <source>Unexpected line from the worker: {text}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The worker speaks protocol {said}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slicer&apos;s Python (PythonSlicer) could not be started.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check whether a virus scanner holds it back, or install Slicer again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The worker process was ended from outside.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The worker process ended by itself (code {code}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Click again to start another. If it happens again, the computer may be short of memory: close other programs, or choose the CPU as device.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
